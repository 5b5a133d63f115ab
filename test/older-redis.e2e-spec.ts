import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { until } from './support/app-process.js';
import { ApiClient, Browser } from './support/clients.js';
import { FaultyProxy } from './support/faulty-proxy.js';
import type { HostApp } from './support/host-app.js';
import { JournaledHosts } from './support/journaled-hosts.js';
import { RedisServer } from './support/redis-server.mjs';

/** Sessions to be ended, and as many whose tokens are rotated. */
const COUNT = Number(process.env['OLDER_REDIS_SESSIONS'] ?? 100);
/** People whose password is changed, whose rights are changed, and who prove their password again. */
const PEOPLE = 5;

/** A request with a credential that must be refused, at one of the instances. Answers its status. */
type Forbidden = (url: string) => Promise<number>;

/** Everything that happened between the copy of Redis and its loss. */
interface Past {
  readonly forbidden: readonly Forbidden[];
  readonly rotated: readonly ApiClient[];
  readonly renewed: readonly Browser[];
  readonly demoted: readonly ApiClient[];
}

/** Makes many of a kind, eight at a time: this is no test of load. */
async function range<T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let from = 0; from < count; from += 8) {
    made.push(...(await Promise.all(Array.from({ length: Math.min(8, count - from) }, (_, at) => make(from + at)))));
  }
  return made;
}
const bearer =
  (client: ApiClient): Forbidden =>
  async (url) =>
    (await client.at(url).send('GET', '/api/me')).status;
const cookie =
  (browser: Browser): Forbidden =>
  async (url) =>
    (await browser.at(url).send('GET', '/browser/me')).status;

/** On one adapter: what a store remembers does not depend on who asks it. */
describe('P8 a Redis that comes back older', () => {
  let redis: RedisServer;
  let spare: RedisServer | undefined;
  let proxy: FaultyProxy;
  let application: JournaledHosts;
  let first: HostApp;
  let people = 0;

  beforeEach(async () => {
    redis = await RedisServer.start({ settings: ['--repl-diskless-sync-delay', '0'] });
    proxy = await FaultyProxy.open(redis.port);
    application = await JournaledHosts.open(`redis://127.0.0.1:${proxy.port}`);
    first = await application.start('express');
    for (let more = 0; more < 2; more += 1) await application.start('express');
  });
  afterEach(async () => {
    await application.close();
    proxy.close();
    await redis.kill();
    await spare?.kill();
    spare = undefined;
  });

  const instance = (at: number) => application.hosts[at % application.hosts.length]?.url ?? '';
  /** Somebody new. */
  function person() {
    people += 1;
    const username = `person-${people}`;
    return { username, userId: first.accounts.add(username, 'old password', ['admin']) };
  }
  async function app(username: string): Promise<ApiClient> {
    const client = new ApiClient(first.url);
    expect((await client.login(username, 'old password')).status).toBe(200);
    return client;
  }
  async function browser(username: string): Promise<Browser> {
    const one = new Browser(first.url);
    expect((await one.login(username, 'old password')).status).toBe(200);
    return one;
  }

  /** Logs everybody in, keeps a copy by `keep`, and then ends, rotates and renews; only through the first of the instances. */
  async function live(keep: () => Promise<void>): Promise<Past> {
    const owners = Array.from({ length: COUNT }, person);
    const ended = await range(COUNT, (at) => app(owners[at]?.username ?? ''));
    const rotated = await range(COUNT, () => app(person().username));
    const [changers, provers, officers] = [0, 0, 0].map(() => Array.from({ length: PEOPLE }, person));
    const mine = await range(PEOPLE, (at) => browser(changers?.[at]?.username ?? ''));
    const theirs = await range(PEOPLE, (at) => app(changers?.[at]?.username ?? ''));
    const proving = await range(PEOPLE, (at) => browser(provers?.[at]?.username ?? ''));
    const demoted = await range(PEOPLE, (at) => app(officers?.[at]?.username ?? ''));
    for (const { url } of application.hosts) for (const client of ended) expect(await bearer(client)(url)).toBe(200);
    await keep();

    const before = [...mine, ...proving].map((one) => one.at(one.url));
    await range(COUNT, async (at) => {
      const [client, owner] = [ended[at] ?? new ApiClient(''), owners[at] ?? person()];
      if (at % 4 === 0) assert.equal((await client.send('POST', '/auth/logout')).status, 204);
      if (at % 4 === 1) assert.equal(await first.sessions.revokeAll(owner.userId, { reason: 'administrator' }), 1);
      if (at % 4 === 2) {
        const stolen = client.at(client.url);
        for (let turn = 0; turn < 2; turn += 1) assert.equal((await client.refresh()).status, 200);
        assert.equal((await stolen.refresh()).status, 400);
      }
      if (at % 4 === 3) {
        const [session] = await first.sessions.list(owner.userId);
        assert.equal(await first.sessions.revoke(session?.id ?? '', 'administrator'), true);
      }
    });
    await range(COUNT, async (at) => {
      for (let turn = 0; turn <= at % 3; turn += 1) expect((await rotated[at]?.refresh())?.status).toBe(200);
    });
    const json = { currentPassword: 'old password', newPassword: 'new password' };
    for (const one of mine) expect((await one.send('POST', '/auth/password', { json })).status).toBe(200);
    for (const one of proving) {
      expect((await one.send('POST', '/auth/reauthenticate', { json: { password: 'old password' } })).status).toBe(200);
    }
    for (const { userId, username } of officers ?? []) {
      expect(await first.sessions.setPrincipal(userId, { username, roles: ['clerk'] })).toBe(1);
    }
    return {
      forbidden: [...ended.map(bearer), ...theirs.map(bearer), ...before.map(cookie)],
      rotated,
      renewed: [...mine, ...proving],
      demoted,
    };
  }

  /** Asks every instance, all the time, for everything that is forbidden; answers which statuses there were. */
  function watch(forbidden: readonly Forbidden[]) {
    const seen = new Set<number>();
    const rounds = application.hosts.map(() => 0);
    const load = { on: true };
    const lanes = application.hosts.map(async ({ url }, at) => {
      while (load.on) {
        for (let from = 0; from < forbidden.length && load.on; from += 8) {
          for (const status of await Promise.all(forbidden.slice(from, from + 8).map((ask) => ask(url)))) seen.add(status);
        }
        rounds[at] = (rounds[at] ?? 0) + 1;
      }
    });
    return {
      seen,
      rounds: (more: number) => {
        const goals = rounds.map((round) => round + more);
        return async () => rounds.every((round, at) => round >= (goals[at] ?? 0));
      },
      stop: async () => {
        load.on = false;
        await Promise.all(lanes);
      },
    };
  }

  /** Has the disaster happen under load, and holds that nobody else lost anything. Answers how what is forbidden was answered. */
  async function survive(
    { forbidden, rotated, renewed, demoted }: Past,
    disaster: () => Promise<void>,
  ): Promise<readonly number[]> {
    const load = watch(forbidden);
    await until('the load runs', load.rounds(1));
    await disaster();
    await application.start('express'); // one that has seen nothing of all this
    await until('all of it was refused by every instance', load.rounds(3));
    await load.stop();
    for (const { url } of application.hosts)
      expect(new Set(await range(forbidden.length, async (at) => forbidden[at]?.(url)))).toEqual(new Set([401]));
    const refreshed = await range(rotated.length, async (at) => (await rotated[at]?.at(instance(at)).refresh())?.status);
    expect(refreshed).toEqual(rotated.map(() => 200));
    expect(await range(renewed.length, async (at) => cookie(renewed[at] ?? new Browser(''))(instance(at)))).toEqual(
      renewed.map(() => 200),
    );
    for (const client of demoted) {
      expect(await client.at(instance(1)).send('GET', '/me')).toMatchObject({ status: 200, body: { roles: ['clerk'] } });
    }
    return [...load.seen].sort((a, b) => a - b);
  }

  async function command(of: RedisServer, ...words: string[]): Promise<void> {
    const client = await createClient({ url: of.url }).connect();
    await client.sendCommand(words);
    client.destroy();
  }

  it('as a copy that is restored, revives nothing that was ended and logs out nobody', async () => {
    let dump = '';
    const past = await live(async () => {
      await command(redis, 'SAVE');
      const client = await createClient({ url: redis.url }).connect();
      dump = join((await client.configGet('dir'))['dir'] ?? '', 'dump.rdb');
      client.destroy();
      await copyFile(dump, `${dump}.copy`);
    });
    const answers = await survive(past, async () => {
      await redis.kill();
      await copyFile(`${dump}.copy`, dump);
      await redis.start();
    });
    expect(answers.filter((status) => status !== 401 && status !== 503)).toEqual([]);
  }, 300_000);

  it('as a replica that had fallen behind, revives nothing that was ended and logs out nobody', async () => {
    const replica = await RedisServer.start({ settings: ['--replicaof', '127.0.0.1', String(redis.port)] });
    spare = replica;
    const past = await live(async () => {
      await command(redis, 'WAIT', '1', '0');
      await command(replica, 'REPLICAOF', 'NO', 'ONE');
    });
    const answers = await survive(past, async () => {
      proxy.target = replica.port;
      await redis.kill();
    });
    expect(answers.filter((status) => status !== 401 && status !== 503)).toEqual([]);
    await redis.start();
  }, 300_000);

  it('empty, revives nothing that was ended, and keeps whoever logs in', async () => {
    const { forbidden } = await live(async () => undefined);
    const load = watch(forbidden);
    await until('the load runs', load.rounds(1));
    await redis.kill();
    await redis.start();
    await until('all of it was refused by every instance', load.rounds(3));
    await load.stop();
    expect([...load.seen].filter((status) => status !== 401 && status !== 503)).toEqual([]);
    const client = await app(person().username);
    for (const { url } of application.hosts) expect(await bearer(client)(url)).toBe(200);
  }, 300_000);
});
