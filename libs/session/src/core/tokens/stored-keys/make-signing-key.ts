import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { MIN_RSA_BITS, type SigningAlgorithm } from '../signing-keys.js';

const make = promisify(generateKeyPair);

/**
 * A new private JWK. Its name is its thumbprint (RFC 7638), so that no two keys ever share one. None begins with a dash, which one in
 * sixty-four would: to `keys retire`, which is needed in a hurry, such a name is an option.
 */
export async function makeSigningKey(algorithm: SigningAlgorithm): Promise<JWK & { readonly kid: string }> {
  for (;;) {
    const { privateKey } = await pairFor(algorithm);
    const jwk: JWK = privateKey.export({ format: 'jwk' });
    const kid = await calculateJwkThumbprint(jwk);
    if (!kid.startsWith('-')) return { ...jwk, kid };
  }
}

function pairFor(algorithm: SigningAlgorithm) {
  if (algorithm === 'RS256') return make('rsa', { modulusLength: MIN_RSA_BITS });
  return algorithm === 'ES256' ? make('ec', { namedCurve: 'P-256' }) : make('ed25519', {});
}
