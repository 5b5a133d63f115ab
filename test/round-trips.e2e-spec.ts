import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { type Counters, minutes, RevocationMode, seconds, SessionGuard, type SessionStore } from 'nestjs-hybrid-session';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { TypeOrmCounters, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { DataSource, type Logger } from 'typeorm';
import { type Engine, ENGINES } from '../src/database/testing/engines.js';
import { ApiClient, Browser, deviceCookieOf } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { redisAdmin } from './support/redis-admin.js';
import { RedisServer } from './support/redis-server.mjs';

@Controller('bounded')
class BoundedController {
  @Get()
  @UseGuards(SessionGuard)
  @RevocationMode({ within: seconds(5) })
  bounded() {
    return {};
  }
}

/** A store, and everything that was sent to it. */
interface WatchedStore {
  readonly store: SessionStore;
  /** Where they are sent to the same server. */
  readonly counters?: Counters;
  readonly sent: string[];
  /** Resolves when all that was sent so far has been heard of. */
  readonly heard: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Commands as the server gets them; those that scripts run are part of their script. */
async function watchedRedis(): Promise<WatchedStore> {
  const server = await RedisServer.start();
  const client = await createClient({ url: server.url }).connect();
  const monitor = await redisAdmin(server);
  const sent: string[] = [];
  await monitor.monitor((line) => {
    const [, from = '', command = ''] = /^\S+ \[\d+ (\S+)\] "(\w+)"/.exec(line) ?? [];
    if (command.toUpperCase() === 'ECHO') echoes += 1;
    else if (from !== 'lua') sent.push(command.toUpperCase());
  });
  const marker = await redisAdmin(server);
  let echoes = 0;
  let marks = 0;
  const heard = async () => {
    await marker.echo('heard');
    marks += 1;
    while (echoes < marks) await new Promise(setImmediate);
  };
  const close = async () => {
    monitor.destroy();
    marker.destroy();
    client.destroy();
    await server.kill();
  };
  return { store: new RedisSessionStore(client), sent, heard, close };
}

async function watchedSql({ open }: Engine): Promise<WatchedStore> {
  const database = await open();
  const sent: string[] = [];
  const none = () => undefined;
  const logger: Logger = {
    logQuery: (query) => void sent.push(query.trim().split(/\s/, 1)[0] ?? ''),
    logQueryError: none,
    logQuerySlow: none,
    logSchemaBuild: none,
    logMigration: none,
    log: none,
  };
  const dataSource = await new DataSource({ ...database.dataSource.options, logger, logging: ['query'] }).initialize();
  const close = async () => {
    await dataSource.destroy();
    await database.close();
  };
  const [store, counters] = [new TypeOrmSessionStore(dataSource), new TypeOrmCounters(dataSource)];
  return { store, counters, sent, heard: async () => undefined, close };
}

/** What each act sends, once the server knows the scripts. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'a cookie': ['GET'],
  'an access token': ['GET'],
  'the first use of one that was refreshed': ['GET', 'EVALSHA'],
  'a use that moves the idle end': ['GET', 'EVALSHA'],
  'a refresh': ['GET', 'EVALSHA'],
  'the list of sessions': ['GET', 'EVALSHA'],
  'a login': ['EVALSHA', 'EVALSHA'],
  'a login from a device that is known': ['EVALSHA', 'EVALSHA'],
  'a logout': ['GET', 'EVALSHA'],
  'the end of all sessions of a user': ['EVALSHA'],
};

/** Counts; the fence; counts that are taken back; the session. */
const POSTGRES_LOGIN = [
  ['START', 'INSERT', 'INSERT', 'COMMIT'],
  ['INSERT'],
  ['INSERT'],
  ['START', 'UPDATE', 'SELECT', 'WITH', 'COMMIT'],
].flat();

const EMBEDDED_LOGIN = [
  ['BEGIN', 'INSERT', 'INSERT', 'COMMIT'],
  ['BEGIN', 'INSERT', 'COMMIT'],
  ['BEGIN', 'INSERT', 'COMMIT'],
  ['BEGIN', 'UPDATE', 'SELECT', 'INSERT', 'INSERT', 'COMMIT'],
].flat();

/** The same of SQL; what begins with `WITH` is what a step changes. */
const STATEMENTS: Readonly<Record<Engine['name'], Readonly<Record<string, readonly string[]>>>> = {
  postgres: {
    'a cookie': ['SELECT'],
    'an access token': ['SELECT'],
    'the first use of one that was refreshed': ['SELECT', 'UPDATE'],
    'a use that moves the idle end': ['SELECT', 'UPDATE'],
    'a refresh': ['SELECT', 'SELECT', 'WITH'],
    'the list of sessions': ['SELECT', 'SELECT'],
    'a login': POSTGRES_LOGIN,
    'a login from a device that is known': POSTGRES_LOGIN,
    'a logout': ['SELECT', 'START', 'SELECT', 'WITH', 'COMMIT'],
    'the end of all sessions of a user': ['START', 'INSERT', 'SELECT', 'SELECT', 'WITH', 'COMMIT'],
  },
  embedded: {
    'a cookie': ['SELECT'],
    'an access token': ['SELECT'],
    'the first use of one that was refreshed': ['SELECT', 'BEGIN', 'UPDATE', 'COMMIT'],
    'a use that moves the idle end': ['SELECT', 'BEGIN', 'UPDATE', 'COMMIT'],
    'a refresh': ['SELECT', 'BEGIN', 'SELECT', 'UPDATE', 'INSERT', 'COMMIT'],
    'the list of sessions': ['SELECT', 'SELECT'],
    'a login': EMBEDDED_LOGIN,
    'a login from a device that is known': EMBEDDED_LOGIN,
    'a logout': ['SELECT', 'BEGIN', 'SELECT', 'INSERT', 'DELETE', 'INSERT', 'COMMIT'],
    'the end of all sessions of a user': [
      'BEGIN',
      'INSERT',
      'SELECT',
      'SELECT',
      'UPDATE',
      'INSERT',
      'DELETE',
      'INSERT',
      'COMMIT',
    ],
  },
};

describe.each([
  ['redis', watchedRedis, COMMANDS] as const,
  ...ENGINES.map((engine) => [engine.name, () => watchedSql(engine), STATEMENTS[engine.name]] as const),
])('What a request asks of %s', (_, watched, expected) => {
  let asked: WatchedStore;
  let host: HostApp;
  let browser: Browser;
  let phone: ApiClient;
  let acts: Readonly<Record<string, () => Promise<unknown>>>;

  beforeAll(async () => {
    asked = await watched();
    host = await startHostApp({
      adapter: 'fastify',
      store: asked.store,
      ...(asked.counters ? { counters: asked.counters } : {}),
      options: { limit: 'unlimited', loginLimits: {} },
      controllers: [BoundedController],
    });
    const userId = host.accounts.add('ada', 'correct horse');
    const other = host.accounts.add('bob', 'correct horse');
    [browser, phone] = [new Browser(host.url), new ApiClient(host.url)];
    const leaving = new Browser(host.url);
    const person = { username: 'bob', password: 'correct horse' };
    const device = deviceCookieOf(await leaving.login(person.username, person.password));
    acts = {
      'a login': () => leaving.login('bob', 'correct horse'),
      'a login from a device that is known': () =>
        new Browser(host.url).send('POST', '/auth/login', { json: person }, { Cookie: device }),
      'a logout': () => leaving.send('POST', '/auth/logout'),
      'the end of all sessions of a user': () => host.sessions.revokeAll(other),
      'a refresh': () => phone.refresh(),
      'the first use of one that was refreshed': () => phone.send('GET', '/me'),
      'an access token': () => phone.send('GET', '/me'),
      'a use that moves the idle end': () => browser.send('GET', '/me'),
      'a cookie': () => browser.send('GET', '/me'),
      'the list of sessions': () => browser.send('GET', '/auth/sessions'),
    };
    await browser.login('ada', 'correct horse');
    await phone.login('ada', 'correct horse');
    expect(userId).not.toBe(other);
    await sendEach(); // the scripts are sent whole once
  });
  afterAll(async () => {
    await host.close();
    await asked.close();
  });

  /** What is sent by each of the acts, the writes that nobody waits for included. */
  async function sendEach(): Promise<ReadonlyMap<string, readonly string[]>> {
    host.clock.advance(minutes(2)); // longer than the last use may be behind
    const sent = new Map<string, readonly string[]>();
    for (const [name, act] of Object.entries(acts)) sent.set(name, await sentBy(act));
    return sent;
  }

  async function sentBy(act: () => Promise<unknown>): Promise<readonly string[]> {
    asked.sent.length = 0;
    await act();
    await host.sessions.settled();
    await asked.heard();
    return [...asked.sent];
  }

  it('is one question for each of the steps that it must take, and no more', async () => {
    const [once, again] = [await sendEach(), await sendEach()];
    // SQL sweeps now and then, as it writes: never twice in so few acts.
    const fewer = (act: string) => [once.get(act) ?? [], again.get(act) ?? []].sort((a, b) => a.length - b.length)[0];
    for (const [act, words] of Object.entries(expected)) expect([act, fewer(act)]).toEqual([act, words]);
  });

  it('is nothing where a copy within the bound will do', async () => {
    await browser.send('GET', '/bounded');
    expect(await sentBy(() => browser.send('GET', '/bounded'))).toEqual([]);
  });
});
