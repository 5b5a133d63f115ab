import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { jwks, type SessionKeys } from './key-config.js';

const FILE = 'development-keys.json';

const stored = z.object({ keys: z.array(z.string()), signingKeys: jwks, slotSecret: z.string() });

/** Fresh keys, good for one machine. */
export function makeKeys(): Required<SessionKeys> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { kty, crv, x, d } = privateKey.export({ format: 'jwk' });
  return {
    keys: [randomBytes(32).toString('base64url')],
    signingKeys: [
      { kty: String(kty), crv: String(crv), x: String(x), d: String(d), kid: `dev-${randomBytes(4).toString('hex')}` },
    ],
    slotSecret: randomBytes(32).toString('base64url'),
  };
}

/** Fills up what was given with development keys, kept in a folder from the first start on and readable by their owner only. */
export function completeKeys(
  given: Partial<SessionKeys>,
  folder: string,
): { readonly keys: SessionKeys; readonly madeUp?: string } {
  if (given.keys && given.signingKeys) return { keys: { ...given, keys: given.keys, signingKeys: given.signingKeys } };
  const file = join(folder, FILE);
  if (!existsSync(file)) write(folder, file);
  const { slotSecret, ...made } = read(file);
  const keys = { ...made, ...given };
  // A slot secret of this machine's own belongs to keys of its own: instances that share keys must find each other's sessions.
  return { keys: given.keys ? keys : { slotSecret, ...keys }, madeUp: file };
}

/** Complete or not at all, and never over the keys of another process that starts at the same time. */
function write(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, JSON.stringify(makeKeys(), undefined, 2), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(draft);
  }
}

function read(file: string): Required<SessionKeys> {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Error(`${file} cannot be read: delete it, and new development keys are made (all sessions end).`, { cause });
  }
}
