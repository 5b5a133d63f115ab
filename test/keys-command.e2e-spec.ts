import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { days, MemorySessionStore } from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { TypeOrmSigningKeys } from 'nestjs-hybrid-session/typeorm';
import { ENGINES, type TestDatabase } from '../src/database/testing/engines.js';
import { inDatabase, nestjsHybridSession, type Said } from './support/command-line.js';
import { startHostApp } from './support/host-app.js';

const KID = /[\w-]{43}/;

describe.each(ENGINES)('nestjs-hybrid-session keys, on $name', ({ open }) => {
  const key = randomBytes(32).toString('base64url');
  let database: TestDatabase;
  beforeEach(async () => {
    database = await open();
  });
  afterEach(() => database.close());

  function keys(words: readonly string[], sessionKeys = key): Promise<Said> {
    const { environment, words: where } = inDatabase(database);
    return nestjsHybridSession(['keys', ...words, ...where], { SESSION_KEYS: sessionKeys, ...environment });
  }
  const done = async (...words: readonly string[]) => {
    const { code, text } = await keys(words);
    expect([code, text]).toEqual([0, text]);
    return text;
  };
  const kidOf = (text: string) => KID.exec(text)?.[0] ?? '';

  it('creates, lists and hastens a key, and does not retire the only one', async () => {
    expect(await done('list')).toContain('There is no signing key yet');
    const first = kidOf(await done('create'));
    expect(await done('list')).toMatch(new RegExp(`^${first}  Ed25519  signs from \\d{4}-`));
    expect(kidOf(await done('rotate', '--at-once'))).toBe(first);
    const refused = await keys(['retire', first]);
    expect([refused.code, refused.text]).toEqual([1, expect.stringContaining('This key signs')]);
  });

  it('rotates and retires beside an application that has a key', async () => {
    const store = new TypeOrmSigningKeys(database.dataSource);
    const options = { keys: [key], signingKeys: [], signingKeyStore: store };
    const yesterday = new FakeClock(Date.now() - days(1));
    const host = await startHostApp({ adapter: 'fastify', store: new MemorySessionStore(), clock: yesterday, options });
    await host.close();
    expect(await done('list')).toMatch(/^[\w-]{43}  Ed25519  signs since \d{4}-/);
    const next = kidOf(await done('rotate', '--algorithm', 'ES256'));
    expect((await done('list')).split('\n')[1]).toMatch(new RegExp(`^${next}  ES256    signs from `));
    expect(await done('retire', next)).toContain(`The key ${next} is retired`);
    expect((await done('list')).split('\n')[1]).toMatch(new RegExp(`^${next}  ES256    retired \\d{4}-`));
    const [spoilt = ''] = (await done('list')).split(' ');
    await database.dataSource.query(`UPDATE nhs_signing_keys SET sealed = 'x.y' WHERE kid = '${spoilt}'`);
    expect(await done('list')).toMatch(/^\S+  Ed25519  signs since \S+, but its private part cannot be read\n/);
  });

  it('says what is wrong, and changes nothing', async () => {
    await done('create');
    const before = await done('list');
    for (const [words, message] of [
      [['retire', 'nobody'], 'no signing key of this name'],
      [['create'], 'There are signing keys already'],
      [['rotate'], 'is waiting already'],
    ] as const) {
      const answer = await keys(words);
      expect([words, answer.code, answer.text]).toEqual([words, 1, expect.stringContaining(message)]);
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

describe('nestjs-hybrid-session keys, told what it does not understand', () => {
  it.each([
    [[], 'Usage:'],
    [['rotate', '--algorithm', 'HS256'], 'HS256 is not one of Ed25519, ES256, RS256'],
    [['rotate', 'something'], 'Usage:'],
    [['retire'], 'Usage:'],
    [['rotate', '--sideways'], '--sideways'],
  ])('says so before any database is asked: %j', async (words, message) => {
    const nowhere = { SESSION_KEYS: randomBytes(32).toString('base64url'), DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' };
    const { code, text } = await nestjsHybridSession(['keys', ...words], nowhere);
    expect([code, text]).toEqual([2, expect.stringContaining(message)]);
  });
});
