import { afterEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import {
  MARIADB,
  POSTGRES,
  SQL_ENGINES,
  type SqlDatabase,
  type SqlEngineUnderTest,
  SQLITE,
} from '../../../spec/sql-databases.js';
import { FaultyProxy } from '../../../../../test/support/faulty-proxy.js';
import { StoreUnavailableError } from '../../core/errors.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { StoredFence } from './stored-fence.entity.js';
import { StoredSession } from './stored-session.entity.js';
import { TypeOrmSessionStore } from './typeorm-session.store.js';

const NOW = 2_000_000_000_000;
const RULE = { window: 30_000, windowFrom: 'use' } as const;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function opened({ open }: SqlEngineUnderTest): Promise<SqlDatabase> {
  const database = await open();
  closing.push(database.close);
  return database;
}

async function login(store: TypeOrmSessionStore, subject = aSubject()) {
  const record = aRecord(subject);
  await store.create(`login ${record.id}`, record, await store.fence(subject), NOW);
  return record;
}

describe.each([POSTGRES, MARIADB])('a $name that hangs', (engine) => {
  async function throughProxy(connections: number) {
    const { options, another } = await opened(engine);
    const url = new URL(String(Reflect.get(options, 'url')));
    const proxy = await FaultyProxy.open(Number(url.port));
    closing.unshift(() => proxy.close()); // after the connections through it
    url.port = String(proxy.port);
    const extra = Reflect.get(options, 'extra');
    return { proxy, dataSource: await another({ url: url.href, poolSize: connections, extra }) };
  }

  it('is given up at the deadline, on every method, and needs no restart when it is back', async () => {
    const { proxy, dataSource } = await throughProxy(2);
    const store = new TypeOrmSessionStore(dataSource, { deadline: 200 });
    const patient = new TypeOrmSessionStore(dataSource, { deadline: 30_000 });
    const subject = aSubject();
    const record = await login(patient, subject);
    const calls: (() => Promise<unknown>)[] = [
      () => store.time(),
      () => store.faults(),
      () => store.fence(subject),
      () => store.moveFence(subject),
      () => store.create('1', record, 'fence', NOW),
      () => store.find([record.id]),
      () => store.touch(record.id, NOW),
      () => store.used(record.id, 0, NOW),
      () => store.rotate('2', record.id, 0, NOW, RULE),
      () => store.renew('3', { record, expectedVersion: 0 }, 'fence', NOW),
      () => store.write('4', record.id, 'sealed', 0, NOW),
      () => store.revoke('5', record.id, 'logout', NOW),
      () => store.revokeAll('6', subject, 'logout_all', NOW),
      () => store.revokeEveryone('everyone'),
      () => store.list(subject, NOW),
      () => store.sweep(NOW),
    ];
    proxy.silence('store');
    const errors = await Promise.all(calls.map((call) => call().catch((caught: unknown) => caught)));
    for (const error of errors) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error).toHaveProperty('cause.message', expect.stringMatching(/within 200 ms\.$/));
    }
    proxy.mend();
    await expect(patient.time()).resolves.toBeGreaterThan(0);
    expect(await patient.find([record.id])).toEqual([record]);
  });

  it('keeps no more connections waiting than the pool has, and gives all of them back', async () => {
    const { proxy, dataSource } = await throughProxy(2);
    const store = new TypeOrmSessionStore(dataSource, { deadline: 100 });
    const patient = new TypeOrmSessionStore(dataSource, { deadline: 30_000 });
    await patient.time();
    proxy.silence('store');
    for (let round = 0; round < 3; round += 1) {
      const calls = Array.from({ length: 20 }, () => store.time().catch((caught: unknown) => caught));
      for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(proxy.connections).toBeLessThanOrEqual(2);
    }
    proxy.mend();
    const times = await Promise.all(Array.from({ length: 20 }, () => patient.time()));
    expect(times).toHaveLength(20);
  });
});

it('A pool that others have used up is waited for until the deadline, and no longer', async () => {
  const { another } = await opened(POSTGRES);
  const dataSource = await another({ poolSize: 1 });
  const hog = dataSource.createQueryRunner();
  await hog.connect();
  const store = new TypeOrmSessionStore(dataSource, { deadline: 100 });
  await expect(store.time()).rejects.toThrow(StoreUnavailableError);
  await expect(store.time()).rejects.toThrow(StoreUnavailableError);
  await hog.release();
  await expect(new TypeOrmSessionStore(dataSource, { deadline: 30_000 }).time()).resolves.toBeGreaterThan(0);
});

it('A step that meets a deadlock is done again', async () => {
  const { dataSource, another } = await opened(POSTGRES);
  const failures: string[] = [];
  const quiet = { log: () => undefined, logQuery: () => undefined, logQuerySlow: () => undefined, logMigration: () => undefined };
  const logger = {
    ...quiet,
    logSchemaBuild: () => undefined,
    logQueryError: (error: string | Error) => void failures.push(typeof error === 'string' ? error : error.message),
  };
  const store = new TypeOrmSessionStore(await another({ logger }), { deadline: 30_000 });
  const subject = aSubject();
  const record = await login(store, subject);
  let ending: Promise<unknown> = Promise.resolve();
  await dataSource.transaction(async (manager) => {
    await manager.update(StoredSession, { id: record.id }, { amr: 'otp' });
    ending = store.revokeAll('all', subject, 'logout_all', NOW);
    await somebodyWaits(dataSource);
    await manager.update(StoredFence, { userId: subject.userId }, { seenAt: NOW }); // now each waits for the other
  });
  const ended = [{ id: record.id, userId: subject.userId, channel: 'api' }];
  expect(await ending).toEqual({ outcome: 'revoked', ended, spared: false });
  expect(failures).toEqual(['deadlock detected']);
});

/** Until somebody waits for a row lock. */
async function somebodyWaits(dataSource: DataSource): Promise<void> {
  const sql = "SELECT count(*) AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE'";
  for (;;) {
    const [row]: { waiting: string }[] = await dataSource.query(sql);
    if (row?.waiting !== '0') return;
  }
}

describe.each(SQL_ENGINES)('on $name', (engine) => {
  it('an error of the driver becomes one of ours, and is kept as the cause', async () => {
    const { another } = await opened(engine);
    const dataSource = await another();
    const store = new TypeOrmSessionStore(dataSource);
    await store.time();
    await dataSource.destroy();
    const error = await store.find([aRecord().id]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toHaveProperty('cause', expect.any(Error));
  });

  it('a table that is missing is a store that is away', async () => {
    const { dataSource } = await opened(engine);
    const store = new TypeOrmSessionStore(dataSource);
    await store.fence(aSubject());
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    await expect(store.time()).resolves.toBeGreaterThan(0);
    await expect(store.fence(aSubject())).rejects.toThrow(StoreUnavailableError);
  });
});

it.each([POSTGRES, MARIADB])('On $name a value that does not fit is a fault, not a store that is away', async (engine) => {
  const { dataSource } = await opened(engine);
  const store = new TypeOrmSessionStore(dataSource);
  const subject = aSubject();
  const unfit = aRecord({ ...subject, keyId: 'k'.repeat(256) });
  await expect(store.create('unfit', unfit, await store.fence(subject), NOW)).rejects.toThrow(/too long/);
});

it('On the one connection that TypeORM shares, a call in the middle of a transaction throws at once', async () => {
  const { options } = await opened(SQLITE);
  const shared = await new DataSource(options).initialize();
  closing.push(() => shared.destroy());
  const store = new TypeOrmSessionStore(shared, { deadline: 2 ** 30 });
  await shared.transaction(async () => {
    await expect(store.fence(aSubject())).rejects.toThrow(/call serialiseSqlite\(dataSource\)/i);
  });
  await expect(store.fence(aSubject())).resolves.toEqual(expect.any(String));
});

it('A writer of another process is waited for on SQLite, and leaves nothing behind', async () => {
  const { dataSource, another } = await opened(SQLITE);
  const other = await another();
  const store = new TypeOrmSessionStore(dataSource, { deadline: 30_000 });
  const subject = aSubject();
  await store.fence(subject);
  const waiting: Promise<unknown>[] = [];
  await other.transaction(async (manager) => {
    await manager.update(StoredFence, { userId: subject.userId }, { seenAt: NOW });
    waiting.push(store.touch(aRecord().id, NOW), store.fence(subject));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resume) => setImmediate(resume));
  });
  await Promise.all(waiting);
  expect(await login(store, subject)).toMatchObject({ userId: subject.userId });
  expect(await store.list(subject, NOW)).toHaveLength(1);
});
