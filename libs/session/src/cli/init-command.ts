import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { makeSigningKey } from '../core/tokens/stored-keys/make-signing-key.js';
import { UsageError } from './usage-error.js';

const SNIPPET = `Paste into the imports of your module, and give it your users (Accounts):

  SessionModule.forRoot({
    publicUrl: 'https://app.example', // where browsers reach the application
    keys: process.env.SESSION_KEYS!.split(','),
    signingKeys: [JSON.parse(process.env.JWT_PRIVATE_JWK!)],
    accounts: new MyAccounts(),
  })

What runs it loads the file: node --env-file=`;

/**
 * Writes the keys that a new application needs to a file that only its owner can read; answers what to do with it.
 * @throws UsageError, or what the file system says: a file that is there already stays as it is
 */
export async function initCommand(words: readonly string[], file = '.env'): Promise<string> {
  if (words.length > 0) throw new UsageError();
  const jwk = await makeSigningKey('Ed25519');
  const lines = [
    '# Secrets of nestjs-hybrid-session. Never in version control; the same for every instance.',
    `SESSION_KEYS=${randomBytes(32).toString('base64url')}`,
    `JWT_PRIVATE_JWK='${JSON.stringify(jwk)}'`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    throw isThere(error) ? new Error(`${file} is there already, and was left as it is: name another file by --file.`) : error;
  });
  return `The keys are in ${file}. Keep it out of version control.\n\n${SNIPPET}${file}`;
}

function isThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
