import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { minutes, RevocationMode, seconds, SessionGuard, type SessionStore } from 'nestjs-hybrid-session';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { DataSource, type Logger } from 'typeorm';
import { type Engine, ENGINES } from '../src/database/testing/engines.js';
import { ApiClient, Browser } from './support/clients.js';
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
  return { store: new TypeOrmSessionStore(dataSource), sent, heard: async () => undefined, close };
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
  'a logout': ['GET', 'EVALSHA'],
  'the end of all sessions of a user': ['EVALSHA'],
};

/** Of SQL the reads alone: writes sweep in passing, now and then. */
const STATEMENTS: Readonly<Record<string, readonly string[]>> = {
  'a cookie': ['SELECT'],
  'an access token': ['SELECT'],
  'the list of sessions': ['SELECT', 'SELECT'],
};

describe.each([
  ['redis', watchedRedis, COMMANDS] as const,
  ...ENGINES.map((engine) => [engine.name, () => watchedSql(engine), STATEMENTS] as const),
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
      options: { limit: 'unlimited' },
      controllers: [BoundedController],
    });
    const userId = host.accounts.add('ada', 'correct horse');
    const other = host.accounts.add('bob', 'correct horse');
    [browser, phone] = [new Browser(host.url), new ApiClient(host.url)];
    const leaving = new Browser(host.url);
    acts = {
      'a login': () => leaving.login('bob', 'correct horse'),
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
    const sent = await sendEach();
    for (const [act, words] of Object.entries(expected)) expect([act, sent.get(act)]).toEqual([act, words]);
  });

  it('is nothing where a copy within the bound will do', async () => {
    await browser.send('GET', '/bounded');
    expect(await sentBy(() => browser.send('GET', '/bounded'))).toEqual([]);
  });
});
