import { calculateJwkThumbprint, importJWK, type CryptoKey } from 'jose';
import { decodeBase64url } from '../../secrets/base64url.js';

/**
 * The algorithms of proofs that are accepted: asymmetric, 128 bits of strength, quick to verify whatever key a stranger sends. No RSA: its
 * cost grows with numbers that the sender chooses. `EdDSA` is the older name of `Ed25519` (RFC 9864), with that curve alone.
 */
export const DPOP_ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA'] as const;

/** One of {@link DPOP_ALGORITHMS}. */
export type DpopAlgorithm = (typeof DPOP_ALGORITHMS)[number];

/** What the public key of each algorithm holds (RFC 7518 §6.2.1, RFC 8037 §2): coordinates of 32 bytes. */
const KEYS = {
  ES256: { kty: 'EC', crv: 'P-256', coordinates: ['x', 'y'] },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', coordinates: ['x'] },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', coordinates: ['x'] },
} as const;

const COORDINATE_BYTES = 32;

/** What no public key has (RFC 7518 §6.2.2, §6.3.2, §6.4). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The members of a public key, and nothing else. */
type PublicJwk = Readonly<Record<string, string>> & { readonly kty: string };

/** Reads the name of an accepted algorithm, to the letter. */
export function dpopAlgorithmOf(alg: unknown): DpopAlgorithm | undefined {
  return DPOP_ALGORITHMS.find((name) => name === alg);
}

/** Whether a key gives away its private part. */
export function isPrivate(jwk: Readonly<Record<string, unknown>>): boolean {
  return PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member));
}

/** The public key of an algorithm, without whatever else was sent along; `undefined` where it is none. */
export function publicKeyOf(jwk: Readonly<Record<string, unknown>>, algorithm: DpopAlgorithm): PublicJwk | undefined {
  const { kty, crv, coordinates } = KEYS[algorithm];
  if (jwk['kty'] !== kty || jwk['crv'] !== crv) return undefined;
  const members: Record<string, string> = {};
  for (const name of coordinates) {
    const value = jwk[name];
    if (typeof value !== 'string' || decodeBase64url(value)?.byteLength !== COORDINATE_BYTES) return undefined;
    members[name] = value;
  }
  return { kty, crv, ...members };
}

/** The key, ready to verify with. @throws when it is no point of its curve */
export async function importPublicKey(jwk: PublicJwk, algorithm: DpopAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, algorithm);
  if (key instanceof Uint8Array) throw new Error('A symmetric key proves nothing.');
  return key;
}

/** Names a key (RFC 7638, SHA-256): what `cnf.jkt` of a token and the session's record say. */
export function thumbprintOf(jwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint(jwk, 'sha256');
}
