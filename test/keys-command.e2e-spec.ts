import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINES, type TestDatabase } from '../src/database/testing/engines.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const KID = /[\w-]{43}/;

/** How the command line is told where the keys are. */
const told = ({ config }: TestDatabase) =>
  config.engine === 'postgres'
    ? { environment: { DATABASE_URL: config.url }, words: [] }
    : { environment: { USERS_FILE: config.file }, words: ['--data-source', 'test/support/key-data-source.mjs'] };

describe.each(ENGINES)('nestjs-hybrid-session keys, on $name', ({ open }) => {
  const key = randomBytes(32).toString('base64url');
  let database: TestDatabase;
  beforeEach(async () => {
    database = await open();
  });
  afterEach(() => database.close());

  /** Runs the program that the package installs. */
  function keys(words: readonly string[], sessionKeys = key): Promise<{ readonly code: unknown; readonly text: string }> {
    const { environment, words: where } = told(database);
    const env = { PATH: process.env['PATH'], SESSION_KEYS: sessionKeys, ...environment };
    return new Promise((resolve) => {
      const args = ['libs/session/dist/cli/main.js', 'keys', ...words, ...where];
      execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, text: stdout + stderr }),
      );
    });
  }
  const done = async (...words: readonly string[]) => {
    const { code, text } = await keys(words);
    expect([code, text]).toEqual([0, text]);
    return text;
  };
  const kidOf = (text: string) => KID.exec(text)?.[0] ?? '';

  it('creates, lists, rotates and retires', async () => {
    expect(await done('list')).toContain('There is no signing key yet');
    const first = kidOf(await done('create'));
    expect(await done('list')).toMatch(new RegExp(`^${first}  Ed25519  signs from \\d{4}-`));

    const hastened = await done('rotate', '--at-once');
    expect(kidOf(hastened)).toBe(first);
    await database.dataSource.query('SELECT 1');
    const refused = await keys(['retire', 'nobody']);
    expect([refused.code, refused.text]).toEqual([1, expect.stringContaining('no signing key of this name')]);
    expect(await done('retire', first)).toContain(`The key ${first} is retired`);
    expect(await done('list')).toMatch(new RegExp(`^${first}  Ed25519  retired \\d{4}-`));
    const second = kidOf(await done('rotate', '--algorithm', 'ES256'));
    expect((await done('list')).split('\n')[1]).toMatch(new RegExp(`^${second}  ES256    signs from `));
  });

  it('says what is wrong, and changes nothing', async () => {
    await done('create');
    const before = await done('list');
    for (const [words, code, message] of [
      [[], 2, 'Usage:'],
      [['rotate', '--algorithm', 'HS256'], 2, 'HS256 is not one of Ed25519, ES256, RS256'],
      [['rotate', 'something'], 2, 'Usage:'],
      [['retire'], 2, 'Usage:'],
      [['rotate', '--sideways'], 2, '--sideways'],
      [['create'], 1, 'There are signing keys already'],
      [['rotate'], 1, 'is waiting already'],
    ] as const) {
      const answer = await keys(words);
      expect([words, answer.code, answer.text]).toEqual([words, code, expect.stringContaining(message)]);
    }
    expect(await done('list')).toBe(before);
  });

  it('knows the keys of its own server only, and shows nobody a secret', async () => {
    const kid = kidOf(await done('create'));
    const stranger = randomBytes(32).toString('base64url');
    const other = await keys(['list'], stranger);
    expect(other.text).toMatch(new RegExp(`^${kid}  not used: made by somebody else`));
    const short = await keys(['list'], 'c2hvcnQ');
    expect([short.code, short.text]).toEqual([1, expect.stringContaining('SESSION_KEYS: keys[0] has 5 bytes')]);
    for (const text of [other.text, short.text]) for (const secret of [stranger, 'c2hvcnQ']) expect(text).not.toContain(secret);
  });
});
