import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import type { DataSource } from 'typeorm';
import { RedisServer } from '../../../../../test/support/redis-server.mjs';
import { POSTGRES, type SqlDatabase } from '../../../spec/sql-databases.js';
import { until } from '../../../spec/until.js';
import { StoreUnavailableError } from '../../core/errors.js';
import type { Journal, JournalEntry } from '../../core/ports/journal.js';
import type { Relay } from '../../core/ports/relay.js';
import type { SessionStore, Subject } from '../../core/ports/session-store.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { renewalOf } from '../../testing/contract/bench.js';
import { TypeOrmJournal } from '../typeorm/typeorm.journal.js';
import { JournaledRedisSessionStore } from './journaled-redis-session.store.js';

const NOW = Date.now();
const RULE = { window: 30_000, windowFrom: 'use' } as const;

let operations = 0;
const operation = () => `operation-${(operations += 1)}`;

/** One process of an application: a store with connections of its own, and what its audit trail was told. */
class Instance {
  readonly ended: string[] = [];
  older = 0;
  readonly relay: Relay;
  private constructor(
    readonly store: JournaledRedisSessionStore,
    readonly journal: Journal,
    readonly database: DataSource,
    private readonly client: { destroy(): void },
  ) {
    this.relay = store.relay({
      ended: (sessions, reason) => void this.ended.push(...sessions.map(({ id }) => `${id} ${reason}`)),
      journalIsOlder: (slots) => void (this.older += slots),
    });
  }

  static async start(redis: RedisServer, database: DataSource, relayInterval = 5): Promise<Instance> {
    const client = createClient({ socket: { port: redis.port, reconnectStrategy: 10 } });
    client.on('error', () => undefined);
    await client.connect();
    const journal = new TypeOrmJournal(database, { deadline: 20_000 });
    const store = new JournaledRedisSessionStore(client, journal, { deadline: 20_000, relayInterval });
    return new Instance(store, journal, database, client);
  }

  async stop(): Promise<void> {
    await this.relay.close();
    this.client.destroy();
  }
}

/** A journal that answers only every other time. */
class UnsteadyJournal extends TypeOrmJournal {
  broken = 0;
  read = 0;
  largest = 0;
  private calls = 0;

  override async after(positions: ReadonlyMap<string, number>, limit: number): Promise<readonly JournalEntry[]> {
    this.calls += 1;
    if (this.calls % 2 === 0) {
      this.broken += 1;
      throw new StoreUnavailableError();
    }
    const entries = await super.after(positions, limit);
    this.read += entries.length;
    this.largest = Math.max(this.largest, entries.length);
    return entries;
  }
}

describe('a Redis with a journal', () => {
  let sql: SqlDatabase;
  let redis: RedisServer;
  let one: Instance;
  let two: Instance;
  const started: Instance[] = [];
  const databases: DataSource[] = [];

  /** Each instance has connections of its own to both. Those to the journal are used again in the next test. */
  const start = async (server = redis) => {
    const database = databases[started.length] ?? (await sql.another());
    databases[started.length] = database;
    const instance = await Instance.start(server, database);
    started.push(instance);
    return instance;
  };
  async function login(store: SessionStore, subject: Subject, more: Partial<SessionRecord> = {}): Promise<SessionRecord> {
    const record = aRecord({ ...subject, createdAt: NOW, ...more });
    expect((await store.create(operation(), record, await store.fence(subject), NOW)).outcome).toBe('created');
    return record;
  }
  const tableOf = (name: string) => sql.dataSource.getMetadata(name).tablePath;
  const isAlive = async ({ store }: Instance, { id }: SessionRecord) => (await store.find([id]))[0] !== undefined;
  let dump = '';
  /** Keeps a copy of Redis as it is now. */
  async function keepCopy() {
    const client = await createClient({ url: redis.url }).connect();
    await client.sendCommand(['SAVE']);
    dump = join((await client.configGet('dir'))['dir'] ?? '', 'dump.rdb');
    client.destroy();
    await copyFile(dump, `${dump}.copy`);
  }
  /** Kills Redis and starts it again with the copy that was kept, or with nothing. */
  async function bringBack(copy = `${dump}.copy`) {
    await redis.kill();
    if (copy) await copyFile(copy, dump);
    else await rm(dump);
    await redis.start();
  }
  /** A change of password in a transaction, up to the commit: the process then crashes, and never comes to `complete`. */
  const commitEnding = ({ store, database }: Instance, subject: Subject, call = operation(), renew?: SessionRecord) =>
    database.transaction(async (manager) => {
      const spared = renew && { renew: renewalOf(renew) };
      const outcome = await store.revokeAll(call, subject, 'password_changed', NOW, spared, manager);
      expect(outcome).toEqual({ outcome: 'deferred' });
    });

  beforeAll(async () => {
    sql = await POSTGRES.open();
  });
  afterAll(() => sql.close());
  beforeEach(async () => {
    redis = await RedisServer.start();
    [one, two] = [await start(), await start()];
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((instance) => instance.stop()));
    await redis.kill();
    for (const database of databases) if (!database.isInitialized) await database.initialize(); // a test that failed
    for (const table of ['nhs_journal', 'nhs_journal_heads']) await sql.dataSource.query(`DELETE FROM ${tableOf(table)}`);
  });

  describe('and a transaction of the caller', () => {
    it('ends nothing before the commit, all with it, and answers afterwards what came of it', async () => {
      const subject = aSubject();
      const [own, other] = [await login(one.store, subject), await login(one.store, subject)];
      const call = operation();
      const renewal = renewalOf(own);
      await one.database.transaction(async (manager) => {
        expect(await one.store.revokeAll(call, subject, 'password_changed', NOW, { renew: renewal }, manager)).toEqual({
          outcome: 'deferred',
        });
        expect(await two.store.find([own.id, other.id])).toEqual([own, other]);
      });
      const ended = [{ id: other.id, userId: subject.userId, channel: 'api' }];
      const outcome = { outcome: 'revoked', ended, spared: true };
      const complete = ({ store }: Instance) => store.revokeAll(call, subject, 'password_changed', NOW, { renew: renewal });
      expect(await complete(one)).toEqual(outcome);
      expect(await complete(two)).toEqual(outcome);
      expect(await two.store.find([own.id, other.id])).toEqual([renewal.record, undefined]);
      expect([one.ended, two.ended]).toEqual([[`${other.id} password_changed`], []]);
    });

    it('ends nothing when it is rolled back, and may be called again', async () => {
      const subject = aSubject();
      const record = await login(one.store, subject);
      const call = operation();
      const failing = one.database.transaction(async (manager) => {
        await one.store.revokeAll(call, subject, 'password_changed', NOW, undefined, manager);
        throw new Error('on purpose');
      });
      await expect(failing).rejects.toThrow('on purpose');
      await two.store.fence(subject);
      expect(await isAlive(two, record)).toBe(true);
      expect(await one.store.revokeAll(call, subject, 'password_changed', NOW)).toMatchObject({
        outcome: 'revoked',
        spared: false,
      });
      expect(await isAlive(two, record)).toBe(false);
    });

    it('says so before it is committed when the session to be renewed has moved', async () => {
      const subject = aSubject();
      const record = await login(one.store, subject);
      await one.store.write(operation(), record.id, 'later', 0, NOW);
      const outcome = await one.database.transaction((manager) =>
        one.store.revokeAll(operation(), subject, 'password_changed', NOW, { renew: renewalOf(record) }, manager),
      );
      expect(outcome).toEqual({ outcome: 'conflict' });
      expect(await one.journal.heads()).toEqual(new Map());
    });

    it('fails with it when Redis is away, before anything has changed', async () => {
      const subject = aSubject();
      await redis.kill();
      await expect(commitEnding(one, subject)).rejects.toThrow(StoreUnavailableError);
      expect(await one.journal.heads()).toEqual(new Map());
      await redis.start();
    });

    it('refuses what is none', async () => {
      const call = one.store.revokeAll(operation(), aSubject(), 'password_changed', NOW, undefined, one.database.manager);
      await expect(call).rejects.toMatchObject({ code: 'transaction_not_supported' });
    });

    it('ends also the session that it should have renewed when that has moved before it is applied', async () => {
      const subject = aSubject();
      const [own, other] = [await login(one.store, subject), await login(one.store, subject)];
      const call = operation();
      await commitEnding(one, subject, call, own);
      await one.store.write(operation(), own.id, 'rights taken meanwhile', 0, NOW);
      const outcome = await one.store.revokeAll(call, subject, 'password_changed', NOW, { renew: renewalOf(own) });
      expect(outcome).toMatchObject({ outcome: 'revoked', spared: false });
      expect([await isAlive(one, own), await isAlive(one, other)]).toEqual([false, false]);
    });
  });

  describe('and an instance that crashed after its commit', () => {
    it('has the rest done by the relay of another, told once, and its lag measured', async () => {
      const subject = aSubject();
      const [own, other] = [await login(one.store, subject), await login(one.store, subject)];
      await commitEnding(one, subject, operation(), own);
      const failures: unknown[] = [];
      two.relay.start((error) => failures.push(error));
      while (two.ended.length === 0) await new Promise(setImmediate);
      expect(two.ended).toEqual([`${other.id} password_changed`]);
      expect(await one.store.find([own.id, other.id])).toEqual([renewalOf(own).record, undefined]);
      while (two.relay.lag.count === 0) await new Promise(setImmediate);
      expect(two.relay.lag).toMatchObject({ count: 1 });
      expect(two.relay.lag.last).toBeGreaterThan(0);
      while ((await one.journal.unsettled()).size > 0) await new Promise(setImmediate);
      expect([one.ended, failures]).toEqual([[], []]);
    });

    it('lets a login with the new password live, and no login with the old', async () => {
      const subject = aSubject();
      const before = await one.store.fence(subject);
      const old = await login(one.store, subject);
      await commitEnding(one, subject);
      // Both begin before it is applied; only the second has verified the password after the commit.
      expect(await two.store.create(operation(), aRecord({ ...subject, createdAt: NOW }), before, NOW)).toEqual({
        outcome: 'fenced',
      });
      const again = await login(two.store, subject);
      expect([await isAlive(one, old), await isAlive(one, again)]).toEqual([false, true]);
      two.relay.start(() => undefined);
      while ((await one.journal.unsettled()).size > 0) await new Promise(setImmediate);
      expect(await isAlive(one, again)).toBe(true);
    });

    it('renews nothing under a fence that was read before', async () => {
      const subject = aSubject();
      const own = await login(one.store, subject);
      const fence = await one.store.fence(subject);
      await commitEnding(one, subject, operation(), own);
      const outcome = await two.store.renew(operation(), { ...renewalOf(own), expectedVersion: 1 }, fence, NOW);
      expect(outcome).toEqual({ outcome: 'fenced' });
    });

    it('applies each entry once, in order, however many relays meet', async () => {
      const users = Array.from({ length: 20 }, () => ({ ...aSubject(), slot: 'abcd' }));
      const records: SessionRecord[] = [];
      for (const user of users) records.push(await login(one.store, user));
      for (const user of users) await commitEnding(one, user);
      const more = [await start(), await start()];
      for (const instance of [one, two, ...more]) instance.relay.start(() => undefined);
      while ((await one.journal.unsettled()).size > 0) await new Promise(setImmediate);
      const told = [one, two, ...more].flatMap(({ ended }) => ended);
      expect(told.toSorted()).toEqual(records.map(({ id }) => `${id} password_changed`).toSorted());
    });
  });

  describe('that comes back from an older copy', () => {
    /** Every call that could act on what is older. `id` is a session that was ended since the copy. */
    const calls: Readonly<Record<string, (store: SessionStore, subject: Subject, record: SessionRecord) => Promise<unknown>>> = {
      find: (store, _, { id }) => store.find([id]),
      list: (store, subject) => store.list(subject, NOW),
      rotate: (store, _, { id }) => store.rotate(operation(), id, 0, NOW, RULE),
      write: (store, _, { id }) => store.write(operation(), id, 'late', 0, NOW),
      touch: (store, _, { id }) => store.touch(id, NOW + 1),
      used: (store, _, { id }) => store.used(id, 0, NOW),
      revoke: (store, _, { id }) => store.revoke(operation(), id, 'logout', NOW),
      renew: async (store, subject, record) => store.renew(operation(), renewalOf(record), await store.fence(subject), NOW),
      revokeAll: (store, subject) => store.revokeAll(operation(), subject, 'logout_all', NOW),
    };
    const nothing: Readonly<Record<string, unknown>> = {
      find: [undefined],
      list: [],
      rotate: { outcome: 'gone' },
      write: { outcome: 'gone' },
      renew: { outcome: 'gone' },
      revokeAll: { outcome: 'revoked', ended: [], spared: false },
    };

    it.each(Object.keys(calls))('has caught up before it answers a %s', async (name) => {
      const subject = aSubject();
      const record = await login(one.store, subject);
      await two.store.find([record.id]);
      await keepCopy();
      await one.store.revoke(operation(), record.id, 'logout', NOW);
      await bringBack();
      expect(await calls[name]?.(two.store, subject, record)).toEqual(nothing[name]);
      expect(await isAlive(one, record)).toBe(false);
      expect(await isAlive(await start(), record)).toBe(false);
    });

    it('fences a login that began before', async () => {
      const subject = aSubject();
      const fence = await one.store.fence(subject);
      await keepCopy();
      await one.store.moveFence(subject);
      await bringBack();
      const record = aRecord({ ...subject, createdAt: NOW });
      expect(await one.store.create(operation(), record, fence, NOW)).toEqual({ outcome: 'fenced' });
    });

    it('has every ending, renewal and change of rights again, and the rotations heal', async () => {
      const [subject, other] = [aSubject(), aSubject()];
      const [renewed, rotated, given] = [
        await login(one.store, subject),
        await login(one.store, subject),
        await login(one.store, subject),
      ];
      const [reused, evicted] = [await login(one.store, subject, { generation: 5 }), await login(one.store, other)];
      const [changer, bystander] = [
        await login(one.store, { ...aSubject(), slot: subject.slot }),
        await login(one.store, subject),
      ];
      await keepCopy();
      const { store } = one;
      await store.touch(renewed.id, NOW + 5_000);
      const renewal = renewalOf(renewed);
      await store.renew(operation(), renewal, await store.fence(subject), NOW);
      await store.write(operation(), given.id, 'data', 0, NOW);
      await store.write(operation(), given.id, 'other rights', 1, NOW, 'rights');
      for (const generation of [0, 1, 2]) await store.rotate(operation(), rotated.id, generation, NOW, RULE);
      await store.rotate(operation(), reused.id, 1, NOW, RULE);
      const newcomer = aRecord({ ...other, createdAt: NOW, lastSeenAt: NOW + 1 });
      await store.create(operation(), newcomer, await store.fence(other), NOW, { max: 1, policy: 'evict' });
      await store.write(operation(), changer.id, 'data', 0, NOW);
      const change = renewalOf({ ...changer, version: 1 });
      const call = operation();
      const own = { userId: changer.userId, slot: subject.slot };
      await store.revokeAll(call, own, 'password_changed', NOW, { renew: change });
      await store.revokeAll(operation(), subject, 'logout_others', NOW, { keep: rotated.id });
      one.relay.start(() => undefined);
      while ((await one.journal.unsettled()).size > 0) await new Promise(setImmediate);
      await bringBack();
      const found = await two.store.find([renewed, rotated, given, reused, evicted, changer, bystander].map(({ id }) => id));
      expect(found).toEqual([undefined, rotated, undefined, undefined, undefined, change.record, undefined]);
      expect(await two.store.rotate(operation(), rotated.id, 3, NOW, RULE)).toMatchObject({ outcome: 'healed', generation: 4 });
      expect(two.ended).toEqual([]);
    });

    it('has renewals and rights again, not set back by what is older, nor a rotation by them', async () => {
      const subject = aSubject();
      const [renewed, given] = [await login(one.store, subject), await login(one.store, subject)];
      await one.store.rotate(operation(), given.id, 0, NOW, RULE);
      await keepCopy();
      const renewal = renewalOf(renewed);
      await one.store.renew(operation(), renewal, await one.store.fence(subject), NOW);
      await one.store.write(operation(), given.id, 'data', 0, NOW);
      await one.store.write(operation(), given.id, 'other rights', 1, NOW, 'rights');
      await bringBack();
      expect(await two.store.find([renewed.id, given.id])).toEqual([
        renewal.record,
        { ...given, generation: 1, version: 2, sealed: 'other rights' },
      ]);
      expect(await two.store.list(subject, NOW)).toHaveLength(2);
    });

    it('has the end of everyone again, and lives on for whoever logged in later', async () => {
      const subject = aSubject();
      const record = await login(one.store, subject);
      await keepCopy();
      await one.store.revokeEveryone('everyone');
      await bringBack();
      expect(await isAlive(two, record)).toBe(false);
      const later = await login(two.store, subject, { createdAt: (await two.store.time()) + 1 });
      await keepCopy();
      await bringBack();
      expect(await isAlive(two, later)).toBe(true);
    });

    it('is of no avail when it is empty: nothing lives, and everything goes on', async () => {
      const subject = aSubject();
      const record = await login(one.store, subject);
      await one.store.revoke(operation(), record.id, 'logout', NOW);
      await keepCopy();
      await bringBack('');
      expect(await isAlive(two, record)).toBe(false);
      const later = await login(two.store, subject);
      expect(await two.store.revoke(operation(), later.id, 'logout', NOW)).toMatchObject({ id: later.id });
    });

    it('is brought up to date however much is missing: in pieces, each attempt going on from where the one before broke off', async () => {
      const record = await login(one.store, aSubject());
      await keepCopy();
      await one.store.revoke(operation(), record.id, 'logout', NOW);
      const [slots, each] = [600, 20];
      const ofSlot = `'x' || lpad(to_hex(s), 4, '0')`;
      const act = `json_build_object('kind', 'end', 'id', ${ofSlot} || '.' || s || '-' || e, 'reason', 'logout')::text`;
      const values = `${ofSlot}, e, 'filler-' || s || '-' || e, ${NOW}, ${NOW + 1_000_000}, ${act}`;
      const series = `generate_series(1, ${slots}) s`;
      const [journal, heads] = [tableOf('JournalRow'), tableOf('JournalHead')];
      await sql.dataSource.query(`INSERT INTO ${journal} SELECT ${values} FROM ${series}, generate_series(1, ${each}) e`);
      await sql.dataSource.query(`INSERT INTO ${heads} SELECT ${ofSlot}, ${each}, ${each}, 0 FROM ${series}`);
      await bringBack();

      const unsteady = new UnsteadyJournal(sql.dataSource);
      const client = await createClient({ url: redis.url }).connect();
      const store = new JournaledRedisSessionStore(client, unsteady, { deadline: 20_000 });
      const obstacles: (string | undefined)[] = [];
      let found: readonly (SessionRecord | undefined)[] | undefined;
      while (!found) {
        found = await store.find([record.id]).catch(() => undefined);
        obstacles.push(store.obstacle);
      }
      client.destroy();
      expect(found).toEqual([undefined]);
      expect(unsteady.broken).toBeGreaterThan(3);
      expect(unsteady.largest).toBeLessThanOrEqual(2_000);
      expect(unsteady.read).toBeLessThan(1.5 * slots * each); // nothing is read again that was applied
      expect(obstacles[0]).toMatch(/^Redis is another than before, and is being brought up to date/);
      expect(obstacles.at(-1)).toBeUndefined();
      await sql.dataSource.query(`DELETE FROM ${journal} WHERE slot LIKE 'x%'`);
      await sql.dataSource.query(`DELETE FROM ${heads} WHERE slot LIKE 'x%'`);
    });

    it('answers nothing while the journal is away', async () => {
      const record = await login(one.store, aSubject());
      await keepCopy();
      await one.store.revoke(operation(), record.id, 'logout', NOW);
      await bringBack();
      await two.database.destroy();
      await expect(two.store.find([record.id])).rejects.toThrow(StoreUnavailableError);
      await two.database.initialize();
      let found = await two.store.find([record.id]).catch(() => undefined);
      while (!found) found = await two.store.find([record.id]).catch(() => undefined);
      expect(found).toEqual([undefined]);
    });
  });

  it('that was demoted and promoted again meanwhile is another to an instance that slept through it', async () => {
    const record = await login(one.store, aSubject());
    expect(await isAlive(two, record)).toBe(true);
    const replica = await RedisServer.start({ settings: ['--repl-diskless-sync-delay', '0'] });
    const [here, there] = [await createClient({ url: redis.url }).connect(), await createClient({ url: replica.url }).connect()];
    // What one instance ends on the other server is lost when that fails before it was copied back.
    await there.sendCommand(['REPLICAOF', '127.0.0.1', String(redis.port)]);
    await here.wait(1, 0);
    await there.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    const elsewhere = await start(replica);
    await elsewhere.store.revoke(operation(), record.id, 'logout', NOW);
    await here.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    await here.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    expect(await isAlive(two, record)).toBe(false);
    for (const client of [here, there]) client.destroy();
    await replica.kill();
  });

  describe('whose journal comes back older', () => {
    const older = async (slot: string, head: number) => {
      await sql.dataSource.query(`DELETE FROM ${tableOf('nhs_journal')} WHERE slot = $1 AND seq > $2`, [slot, head]);
      await sql.dataSource.query(`UPDATE ${tableOf('nhs_journal_heads')} SET head = $2 WHERE slot = $1`, [slot, head]);
    };

    it('says so, and skips nothing that is written from then on', async () => {
      const subject = aSubject();
      const records = [];
      for (let at = 0; at < 6; at += 1) records.push(await login(one.store, subject));
      for (const { id } of records.slice(0, 4)) await one.store.revoke(operation(), id, 'logout', NOW);
      await older(subject.slot, 1);
      const fresh = await start();
      await fresh.store.time();
      expect(await isAlive(fresh, records[4] ?? aRecord())).toBe(true);
      expect(fresh.older).toBe(1);
      const [, , , , fifth = aRecord(), sixth = aRecord()] = records;
      await one.store.revoke(operation(), fifth.id, 'logout', NOW);
      expect([one.older, await isAlive(two, fifth)]).toEqual([1, false]);
      await keepCopy();
      await one.store.revoke(operation(), sixth.id, 'logout', NOW);
      await bringBack();
      expect(await isAlive(two, sixth)).toBe(false);
    });
  });

  it('changes nothing when the journal is away; what Redis has decided by itself is written when it is back', async () => {
    const subject = aSubject();
    const [record, reused] = [await login(one.store, subject), await login(one.store, subject, { generation: 5 })];
    await keepCopy();
    await one.database.destroy();
    await expect(one.store.revoke(operation(), record.id, 'logout', NOW)).rejects.toThrow(StoreUnavailableError);
    await expect(one.store.revokeAll(operation(), subject, 'logout_all', NOW)).rejects.toThrow(StoreUnavailableError);
    expect(await isAlive(two, record)).toBe(true);
    await expect(one.store.rotate(operation(), reused.id, 1, NOW, RULE)).rejects.toThrow(StoreUnavailableError);
    expect([one.ended, await isAlive(two, reused)]).toEqual([[`${reused.id} reuse`], false]);
    await one.database.initialize();
    one.relay.start(() => undefined);
    while ((await two.journal.heads()).size === 0) await new Promise(setImmediate);
    await bringBack();
    expect([await isAlive(two, record), await isAlive(two, reused)]).toEqual([true, false]);
  });

  it('removes old entries as fast as they come, some thousands at a time', async () => {
    const table = tableOf('JournalRow');
    const values = `'old', n, 'old-' || n, 1, 1, '{}'`;
    await sql.dataSource.query(`INSERT INTO ${table} SELECT ${values} FROM generate_series(1, 4500) n`);
    one.relay.start(() => undefined);
    const left = await until(
      'the relay has removed them',
      () => sql.dataSource.query<readonly unknown[]>(`SELECT 1 FROM ${table} WHERE slot = 'old' LIMIT 1`),
      (rows) => Array.isArray(rows) && rows.length === 0,
    );
    expect(left).toEqual([]);
  });

  it('removes entries that nobody can need any more, and goes on past them', async () => {
    const subject = aSubject();
    const [short, long] = [await login(one.store, subject, { expiresAt: NOW + 1_000 }), await login(one.store, subject)];
    await keepCopy();
    await one.store.revoke(operation(), short.id, 'logout', NOW);
    await one.store.revoke(operation(), long.id, 'logout', NOW);
    expect(await one.journal.prune(NOW + 2_000)).toBe(1);
    await bringBack();
    expect(await isAlive(two, long)).toBe(false);
  });
});
