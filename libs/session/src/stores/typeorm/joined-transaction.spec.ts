import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { POSTGRES, SQL_ENGINES, type SqlDatabase } from '../../../spec/sql-databases.js';
import { ConflictError, TransactionNotSupportedError } from '../../core/errors.js';
import type { Change } from '../../core/ports/changes.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { TypeOrmSessionStore } from './typeorm-session.store.js';

const NOW = 2_000_000_000_000;
const deadline = 30_000;

async function login(store: TypeOrmSessionStore, subject = aSubject()) {
  const record = aRecord(subject);
  await store.create(randomUUID(), record, await store.fence(subject), NOW);
  return record;
}

const subjectOf = ({ id, userId }: { readonly id: string; readonly userId: string }) => ({ userId, slot: id.slice(0, 4) });

/** A database of the same server that is not the one of the tests. */
async function openAnotherDatabase(): Promise<Pick<SqlDatabase, 'dataSource' | 'close'>> {
  const url = process.env['DATABASE_URL'] ?? '';
  const name = `nhs_${randomUUID().replaceAll('-', '')}`;
  const owner = await new DataSource({ type: 'postgres', url }).initialize();
  await owner.query(`CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const dataSource = await new DataSource({ type: 'postgres', url: own.href }).initialize();
  const close = async () => {
    await dataSource.destroy();
    await owner.query(`DROP DATABASE ${name}`);
    await owner.destroy();
  };
  return { dataSource, close };
}

describe.each(SQL_ENGINES)('revokeAll in a transaction of the caller, on $name', ({ name, open }) => {
  let database: SqlDatabase;
  let store: TypeOrmSessionStore;
  beforeAll(async () => {
    database = await open();
    store = new TypeOrmSessionStore(database.dataSource, { deadline });
  });
  afterAll(() => database.close());

  it('comes about with the commit, and repeated without the transaction tells what came of it', async () => {
    const subject = aSubject();
    const [record, fence] = [await login(store, subject), await store.fence(subject)];
    await database.dataSource.transaction(async (manager) => {
      const outcome = await store.revokeAll('joined', subject, 'password_changed', NOW, undefined, manager);
      expect(outcome).toEqual({ outcome: 'deferred' });
    });
    expect(await store.find([record.id])).toEqual([undefined]);
    expect(await store.create(randomUUID(), aRecord(subject), fence, NOW)).toEqual({ outcome: 'fenced' });
    const ended = [{ id: record.id, userId: subject.userId, channel: 'api' }];
    const again = await store.revokeAll('joined', subject, 'password_changed', NOW);
    expect(again).toEqual({ outcome: 'revoked', ended, spared: false });
  });

  it('leaves everything as it was when the transaction is rolled back, and is then a new call', async () => {
    const subject = aSubject();
    const [record, fence] = [await login(store, subject), await store.fence(subject)];
    const failing = database.dataSource.transaction(async (manager) => {
      await store.revokeAll('rolled back', subject, 'password_changed', NOW, undefined, manager);
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await store.find([record.id])).toEqual([record]);
    expect(await store.fence(subject)).toBe(fence);
    expect(await store.revokeAll('rolled back', subject, 'password_changed', NOW)).toMatchObject({
      outcome: 'revoked',
      ended: [{ id: record.id }],
    });
  });

  it('tells of a session that has moved, before anything is changed', async () => {
    const subject = aSubject();
    const record = await login(store, subject);
    const next = { ...record, generation: 1, version: 6 };
    await database.dataSource.transaction(async (manager) => {
      const spared = { renew: { record: next, expectedVersion: 5 } };
      const outcome = await store.revokeAll(randomUUID(), subject, 'password_changed', NOW, spared, manager);
      expect(outcome).toEqual({ outcome: 'conflict' });
    });
    expect(await store.list(subject, NOW)).toEqual([record]);
  });

  it('refuses what is no open transaction of this database', async () => {
    for (const stranger of [{}, database.dataSource.manager]) {
      const call = store.revokeAll(randomUUID(), aSubject(), 'logout_all', NOW, undefined, stranger);
      await expect(call).rejects.toThrow(TransactionNotSupportedError);
    }
  });

  it('refuses a transaction in another database, and joins one of this database by another data source', async () => {
    const elsewhere = await (name === 'postgres' ? openAnotherDatabase() : open()); // elsewhere each has a database of its own
    const [kept, ended] = [await login(store), await login(store)];
    const call = elsewhere.dataSource.transaction((manager) =>
      store.revokeAll(randomUUID(), subjectOf(kept), 'logout_all', NOW, undefined, manager),
    );
    await expect(call).rejects.toThrow(TransactionNotSupportedError);
    await elsewhere.close();
    const own = await database.another();
    await own.transaction(async (manager) => {
      await store.revokeAll(randomUUID(), subjectOf(ended), 'logout_all', NOW, undefined, manager);
    });
    expect(await store.find([kept.id, ended.id])).toEqual([kept, undefined]);
  });

  it('tells the feed after the commit, and of what is rolled back nothing', async () => {
    const heard: Change[] = [];
    const subscription = await store.changes((change) => void heard.push(change));
    const [kept, ended, marker] = [await login(store), await login(store), await login(store)];
    const failing = database.dataSource.transaction(async (manager) => {
      await store.revokeAll(randomUUID(), subjectOf(kept), 'logout_all', NOW, undefined, manager);
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    const operation = randomUUID();
    await database.dataSource.transaction(async (manager) => {
      await store.revokeAll(operation, subjectOf(ended), 'logout_all', NOW, undefined, manager);
    });
    await store.revokeAll(operation, subjectOf(ended), 'logout_all', NOW);
    await store.revoke(randomUUID(), marker.id, 'logout', NOW);
    const ids = () => heard.flatMap((change) => (change.type === 'changed' ? [change.id] : []));
    while (!ids().includes(marker.id)) await new Promise((resume) => setImmediate(resume));
    expect(new Set(ids())).toEqual(new Set([ended.id, marker.id]));
    await subscription.close();
    expect(heard.some(({ type }) => type === 'gap')).toBe(name !== 'postgres');
  });
});

describe('revokeAll in a transaction of the caller, on postgres with schemas that the connection names', () => {
  it('refuses a transaction in another schema of the same database, where tables of the same names stand', async () => {
    const databases = await Promise.all([POSTGRES.open(), POSTGRES.open()]);
    const bySearchPath = databases.map(({ options }) => {
      const url = new URL(String(Reflect.get(options, 'url')));
      url.searchParams.set('options', `-c search_path=${String(Reflect.get(options, 'schema'))}`);
      const { entities } = options;
      return new DataSource({ type: 'postgres', url: url.href.replaceAll('+', '%20'), entities: entities ?? [] }).initialize();
    });
    const [own, other] = await Promise.all(bySearchPath);
    if (!own || !other) throw new Error('There are two of them.');
    const store = new TypeOrmSessionStore(own, { deadline });
    const kept = await login(store);
    const call = other.transaction((manager) =>
      store.revokeAll(randomUUID(), subjectOf(kept), 'password_changed', NOW, undefined, manager),
    );
    await expect(call).rejects.toThrow(TransactionNotSupportedError);
    expect(await store.find([kept.id])).toEqual([kept]);
    await Promise.all([own.destroy(), other.destroy()]);
    await Promise.all(databases.map(({ close }) => close()));
  });
});

describe('revokeAll in a transaction of the caller that sees an older state, on postgres', () => {
  let database: SqlDatabase;
  beforeAll(async () => {
    database = await POSTGRES.open();
  });
  afterAll(() => database.close());

  it.each(['REPEATABLE READ', 'SERIALIZABLE'] as const)('fails rather than miss a login (%s)', async (isolation) => {
    const { dataSource, another } = database;
    const store = new TypeOrmSessionStore(dataSource, { deadline });
    const peer = new TypeOrmSessionStore(await another(), { deadline });
    const subject = aSubject();
    const fence = await store.fence(subject);
    const missing = dataSource.transaction(isolation, async (manager) => {
      await manager.query('SELECT 1 AS begun');
      await peer.create(randomUUID(), aRecord(subject), fence, NOW);
      await store.revokeAll(randomUUID(), subject, 'password_changed', NOW, undefined, manager);
    });
    await expect(missing).rejects.toThrow(ConflictError);
    expect(await store.list(subject, NOW)).toHaveLength(1);
  });
});
