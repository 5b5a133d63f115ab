import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { importJWK, type CryptoKey, type JWK } from 'jose';
import { StoreUnavailableError } from '../errors.js';
import { encodeBase64url } from '../secrets/base64url.js';

/** Signature algorithms for access tokens: the fully specified names (RFC 9864); one key, one algorithm (RFC 8725 §3.1). */
export type SigningAlgorithm = 'Ed25519' | 'ES256' | 'RS256';

/** All of them. */
export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['Ed25519', 'ES256', 'RS256'];

/** The smallest RSA modulus that is taken, in bits: 128-bit strength (ASVS 11.2.3). */
export const MIN_RSA_BITS = 3072;

/** What a private JWK of each kind must hold (RFC 7518 §6, RFC 8037 §2). */
const PARTS = {
  Ed25519: ['x', 'd'],
  ES256: ['x', 'y', 'd'],
  RS256: ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'],
} as const;

/** Those of them that everybody may know. */
const PUBLIC_PARTS: ReadonlySet<string> = new Set(['x', 'y', 'n', 'e']);

/** A key of the ring, imported. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** Absent of a key that only verifies any more. */
  readonly privateKey: CryptoKey | undefined;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** What of it tells whether it has signed something. */
export type VerifyingKey = Pick<SigningKey, 'algorithm' | 'publicKey'>;

/**
 * The keys of the access tokens. The first signs; all are published and verify. With keys from the configuration, rotate without an outage:
 * add the new key as second, wait for the JWKS cache time, promote it, and drop the old one after the lifetime of an access token. With a
 * `signingKeyStore` that happens by itself.
 */
export class SigningKeys {
  private keys: readonly SigningKey[] = [];
  private byHeader: ReadonlyMap<string, SigningKey> = new Map();

  constructor(keys: readonly SigningKey[]) {
    this.replace(keys);
  }

  /** Imports private JWKs that {@link signingKeyFaults} has no complaint about. */
  static async import(jwks: readonly JWK[]): Promise<SigningKeys> {
    return new SigningKeys(await Promise.all(jwks.map(importSigningKey)));
  }

  /** From now on these, and no other. */
  replace(keys: readonly SigningKey[]): void {
    this.keys = keys;
    this.byHeader = new Map(keys.map((key) => [headerSegment(key), key]));
  }

  /** The key that signs. @throws StoreUnavailableError when none can, as while stored ones cannot be read */
  get current(): { readonly kid: string; readonly algorithm: SigningAlgorithm; readonly privateKey: CryptoKey } {
    const { kid, algorithm, privateKey } = this.keys[0] ?? {};
    if (!kid || !algorithm || !privateKey)
      throw new StoreUnavailableError({ cause: new Error('There is no signing key to use.') });
    return { kid, algorithm, privateKey };
  }

  /** All of them, the signing one first. */
  get all(): readonly SigningKey[] {
    return this.keys;
  }

  /** The key that a token names, if its header is to the letter what this server writes. */
  named(header: string): VerifyingKey | undefined {
    return this.byHeader.get(header);
  }

  /** Every algorithm in the ring, the signing one first. */
  get algorithms(): readonly SigningAlgorithm[] {
    return [...new Set(this.keys.map((key) => key.algorithm))];
  }

  /** The JWK set (RFC 7517 §5): public members only. */
  jwks(): { readonly keys: readonly JWK[] } {
    return { keys: this.keys.map((key) => key.publicJwk) };
  }
}

/** What is wrong with a private JWK, as sentences that name the cure; empty when it can be used. */
export function signingKeyFaults(jwk: JWK, name: string): string[] {
  const algorithm = algorithmOf(jwk);
  if (!algorithm) {
    return [`${name}: kty ${jwk.kty ?? 'missing'} is not usable: give an Ed25519, an EC P-256 or an RSA private JWK.`];
  }
  const faults: string[] = [];
  if (jwk.alg && jwk.alg !== algorithm && !(jwk.alg === 'EdDSA' && algorithm === 'Ed25519')) {
    faults.push(`${name}: alg ${jwk.alg} does not fit its key type: use ${algorithm}, or leave alg out.`);
  }
  const missing = PARTS[algorithm].filter((part) => !jwk[part]);
  if (missing.length > 0) faults.push(`${name}: "${missing.join('", "')}" is missing: give the whole private JWK.`);
  else if (!isPair(jwk)) faults.push(`${name}: its parts do not belong together: give the private JWK as it was made.`);
  if (!jwk.kid) faults.push(`${name}: "kid" is missing: give each key a name of its own, never used before.`);
  if (algorithm === 'RS256' && jwk.n) faults.push(...rsaFaults(jwk, name));
  return faults;
}

/** What is wrong with a public JWK that others sign with, as sentences that name the cure; empty when it can be used. */
export function publicKeyFaults(jwk: JWK, name: string): string[] {
  const algorithm = algorithmOf(jwk);
  if (!algorithm)
    return [`${name}: kty ${jwk.kty ?? 'missing'} is not usable: give an Ed25519, an EC P-256 or an RSA public JWK.`];
  if (PARTS[algorithm].some((part) => !PUBLIC_PARTS.has(part) && jwk[part]))
    return [`${name}: it is a private key: keep that where it signs, and give the public members alone.`];
  const missing = PARTS[algorithm].filter((part) => PUBLIC_PARTS.has(part) && !jwk[part]);
  if (missing.length > 0) return [`${name}: "${missing.join('", "')}" is missing: give the whole public JWK.`];
  return algorithm === 'RS256' ? rsaFaults(jwk, name) : [];
}

function rsaFaults({ n }: JWK, name: string): string[] {
  const bits = bitsOf(n ?? '');
  return bits < MIN_RSA_BITS ? [`${name}: an RSA key of ${bits} bits is too weak: use ${MIN_RSA_BITS} or more.`] : [];
}

/** Counts from the first bit that is set: leading zeros make no key stronger. */
function bitsOf(number: string): number {
  return BigInt(`0x0${Buffer.from(number, 'base64url').toString('hex')}`).toString(2).length;
}

/** Whether the public members are those of the private key: otherwise everything it signs is refused, first of all by ourselves. */
function isPair(jwk: JWK): boolean {
  try {
    const { kty, crv, x, y, n, e, d, p, q, dp, dq, qi } = jwk;
    const key = createPrivateKey({ key: { kty, crv, x, y, n, e, d, p, q, dp, dq, qi }, format: 'jwk' });
    const message = Buffer.from('nestjs-hybrid-session');
    const hash = kty === 'OKP' ? null : 'sha256';
    const signature = sign(hash, message, key);
    return verify(hash, message, createPublicKey({ key: { kty, crv, x, y, n, e }, format: 'jwk' }), signature);
  } catch {
    return false;
  }
}

function algorithmOf(jwk: JWK): SigningAlgorithm | undefined {
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return 'Ed25519';
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return 'ES256';
  if (jwk.kty === 'RSA') return 'RS256';
  return undefined;
}

/** Imports a JWK: a public one can only verify. */
export async function importSigningKey(jwk: JWK): Promise<SigningKey> {
  const algorithm = algorithmOf(jwk);
  if (!algorithm || !jwk.kid) throw new Error('This JWK cannot sign: see signingKeyFaults.');
  const { kty, crv, x, y, n, e, d, kid } = jwk;
  const publicJwk = { kty, crv, x, y, n, e, kid, alg: algorithm, use: 'sig' };
  return {
    kid,
    algorithm,
    privateKey: d === undefined ? undefined : await importKey({ ...jwk, alg: algorithm }, algorithm),
    publicKey: await importKey(publicJwk, algorithm),
    publicJwk: JSON.parse(JSON.stringify(publicJwk)) as JWK, // drops the members this key type does not have
  };
}

async function importKey(jwk: JWK, algorithm: SigningAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, algorithm);
  if (key instanceof Uint8Array) throw new Error('A symmetric key cannot sign access tokens.');
  return key;
}

/** The header of every token a key signs, as it stands in the token. */
export function protectedHeader(key: Pick<SigningKey, 'kid' | 'algorithm'>): { alg: SigningAlgorithm; typ: string; kid: string } {
  return { alg: key.algorithm, typ: 'at+jwt', kid: key.kid };
}

/** The first segment of every token a key signs. */
function headerSegment(key: Pick<SigningKey, 'kid' | 'algorithm'>): string {
  return encodeBase64url(Buffer.from(JSON.stringify(protectedHeader(key))));
}
