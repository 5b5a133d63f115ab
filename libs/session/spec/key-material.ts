import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';

/** A key for the ring, as it stands in the options. */
export const ringKey = (): string => randomBytes(32).toString('base64url');

/** Private JWKs, made anew in each run: none is ever committed. */
export function ed25519Key(kid = 'ed'): JWK {
  return { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid };
}

export function p256Key(kid = 'ec'): JWK {
  return { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), kid };
}

export function rsaKey(modulusLength: number, kid = 'rsa'): JWK {
  return { ...generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ format: 'jwk' }), kid };
}
