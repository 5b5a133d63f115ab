import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { MIN_RSA_BITS, type SigningAlgorithm } from '../signing-keys.js';

const make = promisify(generateKeyPair);

/** A new private JWK. Its name is its thumbprint (RFC 7638), so that no two keys ever share one. */
export async function makeSigningKey(algorithm: SigningAlgorithm): Promise<JWK & { readonly kid: string }> {
  const { privateKey } = await pairFor(algorithm);
  const jwk: JWK = privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
}

function pairFor(algorithm: SigningAlgorithm) {
  if (algorithm === 'RS256') return make('rsa', { modulusLength: MIN_RSA_BITS });
  return algorithm === 'ES256' ? make('ec', { namedCurve: 'P-256' }) : make('ed25519', {});
}
