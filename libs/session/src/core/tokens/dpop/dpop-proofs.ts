import { createHash } from 'node:crypto';
import { compactVerify } from 'jose';
import type { DpopNonces } from './dpop-nonces.js';
import type { DpopRefusal, PresentedProof, RefusedProof, VerifiedProof } from './presented-proof.js';
import { dpopAlgorithmOf, importPublicKey, isPrivate, publicKeyOf, thumbprintOf } from './proof-key.js';
import { claimsOf, isObject, readProof, type ProofClaims, type ProofText } from './proof-text.js';
import type { RequestUris } from './request-uris.js';

/** How old a proof may be, in milliseconds, by its own `iat` and the clock that all sessions are judged by. */
export const PROOF_LIFETIME = 60_000;
/** How far in the future it may seem to have been made, in milliseconds: clients' clocks are a little ahead now and then. */
export const PROOF_SKEW = 5_000;

/** Nothing longer is taken apart: a proof has some 500 characters. */
const MAX_LENGTH = 4_096;

/** What a proof is judged against. */
interface Circumstances {
  readonly method: string;
  readonly now: number;
  readonly accessToken: string | undefined;
  /** Whether `iat` tells when it was made; with nonces they do, whatever the client's clock says. */
  readonly isDated: boolean;
}

type Check = (proof: ProofText, circumstances: Circumstances, claims: ProofClaims) => boolean;

/** What the header of a proof must be, in order (RFC 9449 §4.3, checks 4 and 7). */
const HEADER_CHECKS: readonly (readonly [DpopRefusal, (header: ProofText['header']) => boolean])[] = [
  ['typ', ({ typ }) => typ === 'dpop+jwt'],
  ['malformed', ({ jwk }) => isObject(jwk)],
  ['private_key', ({ jwk }) => !(isObject(jwk) && isPrivate(jwk))],
];

/** What its claims must be, in order (checks 8, 11 and 12). */
const CLAIM_CHECKS: readonly (readonly [DpopRefusal, Check])[] = [
  ['htm', (_, { method }, { htm }) => htm === method],
  ['iat', ({ claims }, { now, isDated }, { iat }) => isWithin(iat, now, isDated) && isInForce(claims, now)],
  ['ath', ({ claims }, { accessToken }) => accessToken === undefined || claims['ath'] === hashOf(accessToken)],
];

/**
 * Verifies DPoP proofs (RFC 9449 §4.3): what costs nothing first, nothing of a text that is too long, and the signature by the key that
 * the proof carries, before anything is remembered of it.
 */
export class DpopProofs {
  constructor(
    private readonly uris: RequestUris,
    private readonly nonces: DpopNonces | undefined,
  ) {}

  /**
   * Verifies a proof, or says what is wrong with it. Whether it is the first use of it is another question, and so is whose key it is.
   * @param now milliseconds since the epoch
   * @param accessToken that it goes with, at resources
   */
  async verify(presented: PresentedProof, now: number, accessToken?: string): Promise<VerifiedProof | RefusedProof> {
    const [text, ...more] = presented.headers;
    if (text === undefined) return { refused: 'missing' };
    if (more.length > 0 || text.includes(',')) return { refused: 'repeated' };
    if (text.length > MAX_LENGTH) return { refused: 'too_long' };
    const proof = readProof(text);
    if (!proof) return { refused: 'malformed' };
    const wrongHeader = HEADER_CHECKS.find(([, holds]) => !holds(proof.header));
    if (wrongHeader) return { refused: wrongHeader[0] };
    const claims = claimsOf(proof);
    if (!claims) return { refused: 'claims' };
    const { method, target } = presented;
    const circumstances = { method, now, accessToken, isDated: this.nonces === undefined };
    const wrongClaim = CLAIM_CHECKS.find(([, holds]) => !holds(proof, circumstances, claims));
    if (wrongClaim) return { refused: wrongClaim[0] };
    const uri = this.uris.meant(claims.htu, target);
    if (uri === undefined) return { refused: 'htu' };
    const key = await keyOf(proof);
    if ('refused' in key) return key;
    if (this.nonces && !this.nonces.holds(proof.claims['nonce'], now)) return { refused: 'nonce' };
    return { ...key, jti: claims.jti, uri };
  }
}

/** The key that a proof carries, where it signed the proof (checks 5 and 6). */
async function keyOf({ text, header }: ProofText): Promise<Pick<VerifiedProof, 'thumbprint'> | RefusedProof> {
  const algorithm = dpopAlgorithmOf(header['alg']);
  const jwk = algorithm && isObject(header['jwk']) ? publicKeyOf(header['jwk'], algorithm) : undefined;
  if (!algorithm || !jwk) return { refused: 'alg' };
  try {
    await compactVerify(text, await importPublicKey(jwk, algorithm), { algorithms: [algorithm] });
  } catch {
    return { refused: 'signature' };
  }
  return { thumbprint: await thumbprintOf(jwk) };
}

function isWithin(iat: number, now: number, isDated: boolean): boolean {
  const age = now - iat * 1000;
  return !isDated || (age <= PROOF_LIFETIME && age >= -PROOF_SKEW);
}

/** RFC 9449 has neither `exp` nor `nbf`; a client that sets them means them (ASVS 9.2.1). */
function isInForce({ exp, nbf }: ProofText['claims'], now: number): boolean {
  const ends = exp === undefined ? Infinity : Number(exp) * 1000;
  const begins = nbf === undefined ? -Infinity : Number(nbf) * 1000;
  return now < ends && begins <= now + PROOF_SKEW;
}

function hashOf(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('base64url');
}
