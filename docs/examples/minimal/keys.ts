import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';

/**
 * Keys of this process: good for an example, since a restart logs everybody out. Yours come from the environment, where
 * `npx nestjs-hybrid-session init` writes them.
 */
export function keysOfThisProcess() {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    keys: [randomBytes(32).toString('base64url')],
    signingKeys: [{ ...privateKey.export({ format: 'jwk' }), kid: randomUUID() }],
  };
}
