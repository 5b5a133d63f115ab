import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionStore } from 'nestjs-hybrid-session';
import { JournaledRedisSessionStore, RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { TypeOrmAuditTrail, TypeOrmJournal, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { ENGINES, type TestDatabase } from '../src/database/testing/engines.js';
import { Browser } from './support/clients.js';
import { inDatabase, nestjsHybridSession, type Told } from './support/command-line.js';
import { PUBLIC_URL, startHostApp, type HostApp } from './support/host-app.js';

const redisUrl = process.env['REDIS_URL'];

/** Where an application has its sessions, and how the command line is told. */
interface Place extends Told {
  readonly store: SessionStore;
  readonly database?: TestDatabase;
  readonly close: () => Promise<void>;
}

async function onRedis(database?: TestDatabase): Promise<Place> {
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const redis = createClient({ url: redisUrl ?? '' });
  await redis.connect();
  const beside = database && inDatabase(database);
  return {
    store: database
      ? new JournaledRedisSessionStore(redis, new TypeOrmJournal(database.dataSource), { prefix })
      : new RedisSessionStore(redis, { prefix }),
    environment: { REDIS_URL: redisUrl ?? '', ...beside?.environment },
    words: ['--prefix', prefix, ...(beside?.words ?? [])],
    ...(database ? { database } : {}),
    close: async () => {
      const left = await redis.keys(`${prefix}*`);
      if (left.length > 0) await redis.unlink(left);
      await redis.close();
      await database?.close();
    },
  };
}

const PLACES: readonly { readonly name: string; readonly open: () => Promise<Place> }[] = [
  ...(redisUrl ? [{ name: 'redis', open: () => onRedis() }] : []),
  ...ENGINES.map(({ name, open }) => ({
    name: `sql (${name})`,
    open: async () => {
      const database = await open();
      const store = new TypeOrmSessionStore(database.dataSource);
      return { store, ...inDatabase(database), database, close: () => database.close() };
    },
  })),
  // Of the journals one: each engine is above, and they are told of in the same words.
  ...(redisUrl
    ? ENGINES.slice(-1).map(({ name, open }) => ({ name: `redis, journal in ${name}`, open: async () => onRedis(await open()) }))
    : []),
];

describe.each(PLACES)('nestjs-hybrid-session sessions, on $name', ({ open }) => {
  const key = randomBytes(32).toString('base64url');
  let place: Place;
  let host: HostApp;
  let ada: string;
  let browser: Browser;

  beforeEach(async () => {
    place = await open();
    host = await startHostApp({ adapter: 'fastify', store: place.store, productionClock: true, options: { keys: [key] } });
    ada = host.accounts.add('ada', 'correct horse');
    browser = new Browser(host.url);
    await browser.login('ada', 'correct horse');
  });
  afterEach(async () => {
    await host.close();
    await place.close();
  });

  const ask = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    nestjsHybridSession(['sessions', ...words, ...place.words], { SESSION_KEYS: key, PUBLIC_URL, ...place.environment, ...more });
  const done = async (...words: readonly string[]) => {
    const { code, text } = await ask(words);
    expect([code, text]).toEqual([0, text]);
    return text;
  };
  const isLoggedIn = async () => (await browser.send('GET', '/me')).status === 200;

  it('lists, explains and ends a session, which no instance accepts any more', async () => {
    const [session] = await host.sessions.list(ada);
    const id = session?.id ?? '';
    const list = await done('list', ada);
    expect(list).toMatch(new RegExp(`^${id}  browser  seen \\d{4}-\\S+Z  ends \\d{4}-\\S+Z  127\\.0\\.0\\.1  `));
    expect(await done('explain', id)).toMatch(/^live: The session lives\. .*\n  userId/);
    expect(await isLoggedIn()).toBe(true);
    expect(await done('revoke', id)).toContain('The session is ended');
    expect(await isLoggedIn()).toBe(false);
    expect(await done('explain', id)).toMatch(/^ended \(revoked\): /);
    const again = await ask(['revoke', id]);
    expect([again.code, again.text]).toEqual([1, expect.stringContaining('no live session of this id')]);
    expect(await done('list', ada)).toContain('no live session here');
    const trail = place.database && new TypeOrmAuditTrail(place.database.dataSource, { keys: [key] });
    const told = await trail?.find({ sessionId: id }); // by the command line alone: this host keeps no trail
    expect(told?.map(({ type }) => type)).toEqual(trail && ['session.ended']);
  });

  it('ends all sessions of a user, and of nobody else', async () => {
    const grace = host.accounts.add('grace', 'battery staple');
    await new Browser(host.url).login('grace', 'battery staple');
    await new Browser(host.url).login('ada', 'correct horse');
    expect(await done('revoke-all', ada)).toContain('Ended: 2.');
    expect([await isLoggedIn(), (await host.sessions.list(grace)).length]).toEqual([false, 1]);
    expect(await done('revoke-all', ada)).toContain('no live session here');
  });

  it('knows the sessions of its own address and keys only, and shows nobody a secret', async () => {
    const id = (await host.sessions.list(ada))[0]?.id ?? '';
    const stranger = randomBytes(32).toString('base64url');
    for (const [words, environment, code, message] of [
      [['list', ada], { PUBLIC_URL: 'http://other.example' }, 0, 'no live session here'],
      [['explain', id], { SESSION_KEYS: stranger }, 0, 'key_gone: '],
    ] as const) {
      const answer = await ask(words, environment);
      expect([words, answer.code, answer.text]).toEqual([words, code, expect.stringContaining(message)]);
      for (const secret of [key, stranger, browser.cookie]) expect(answer.text).not.toContain(secret);
    }
    expect(await isLoggedIn()).toBe(true);
  });
});

describe('nestjs-hybrid-session sessions, of an application that is not there', () => {
  const key = randomBytes(32).toString('base64url');
  const ask = (environment: Readonly<Record<string, string>>, words: readonly string[] = ['list', 'ada']) =>
    nestjsHybridSession(['sessions', ...words], { SESSION_KEYS: key, PUBLIC_URL, ...environment });

  it('says what is wrong before any store is asked, and shows nobody a secret', async () => {
    const nowhere = { REDIS_URL: 'redis://127.0.0.1:1' };
    const cookie = `nhs_c_1a2b.${'A'.repeat(22)}.0.${'B'.repeat(42)}A`;
    for (const [words, environment, code, message] of [
      [[], {}, 2, 'Usage:'],
      [['list'], {}, 2, 'Usage:'],
      [['list', 'ada', 'more'], {}, 2, 'Usage:'],
      [['end', `1a2b.${'A'.repeat(22)}`], {}, 2, 'Usage:'],
      [['revoke', 'nothing'], {}, 2, 'no session id'],
      [['revoke', cookie], {}, 2, 'no session id'],
      [['list', 'ada', '--store', 'memory'], {}, 2, '--store memory is not one of'],
      [['list', 'ada'], { SESSION_KEYS: '' }, 2, 'SESSION_KEYS is not set'],
      [['list', 'ada'], { PUBLIC_URL: '' }, 2, 'Set PUBLIC_URL'],
      [['list', 'ada'], { SESSION_KEYS: 'c2hvcnQ' }, 1, 'keys[0]'],
    ] as const) {
      const answer = await ask({ ...nowhere, ...environment }, words);
      expect([words, answer.code, answer.text]).toEqual([words, code, expect.stringContaining(message)]);
      for (const secret of [key, 'c2hvcnQ', cookie]) expect(answer.text).not.toContain(secret);
    }
  });

  it('asks for a store, and says when nobody answers, without the password of its address', async () => {
    expect(await ask({})).toEqual({ code: 2, text: expect.stringContaining('Set REDIS_URL, or DATABASE_URL') });
    for (const [name, url] of [
      ['REDIS_URL', 'redis://:hunter2@127.0.0.1:1'],
      ['DATABASE_URL', 'postgres://ada:hunter2@127.0.0.1:1/x'],
    ] as const) {
      const { code, text } = await ask({ [name]: url });
      expect([code, text]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
      expect(text).not.toContain('hunter2');
    }
  });
});
