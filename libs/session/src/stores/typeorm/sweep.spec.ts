import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { POSTGRES, SQL_ENGINES, type SqlDatabase } from '../../../spec/sql-databases.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { StoredFence } from './stored-fence.entity.js';
import { StoredOperation } from './stored-operation.entity.js';
import { StoredSession } from './stored-session.entity.js';
import { StoredTombstone } from './stored-tombstone.entity.js';
import { TypeOrmSessionStore } from './typeorm-session.store.js';

const MINUTE = 60_000;

let database: SqlDatabase;
afterEach(() => database.close());

async function login(store: TypeOrmSessionStore, createdAt: number, subject = aSubject()) {
  const record = aRecord({ ...subject, createdAt });
  await store.create(randomUUID(), record, await store.fence(subject), createdAt);
  return record;
}

const count = (entity: typeof StoredSession | typeof StoredFence | typeof StoredOperation | typeof StoredTombstone) =>
  database.dataSource.getRepository(entity).count();

describe.each(SQL_ENGINES)('the sweep on $name', ({ open }) => {
  it('removes a session a minute after its end, by the caller’s clock and the database’s', async () => {
    database = await open();
    const store = new TypeOrmSessionStore(database.dataSource);
    const now = await store.time();
    const over = await login(store, now - 32 * MINUTE);
    const justOver = await login(store, now - 30.5 * MINUTE);
    const alive = await login(store, now - 20 * MINUTE);
    const ids = [over.id, justOver.id, alive.id];
    await store.sweep(now - 5 * MINUTE); // a caller whose clock is behind
    expect(await store.find(ids)).toEqual([over, justOver, alive]);
    await store.sweep(now + 600 * MINUTE); // one whose clock is ahead
    expect(await store.find(ids)).toEqual([undefined, justOver, alive]);
  });

  it('looks again, at its new end, at a session that was used', async () => {
    database = await open();
    const store = new TypeOrmSessionStore(database.dataSource);
    const now = await store.time();
    const used = await login(store, now - 40 * MINUTE);
    await store.touch(used.id, now - 20 * MINUTE);
    expect(await store.sweep(now)).toBe(0);
    expect(await store.find([used.id])).toEqual([{ ...used, lastSeenAt: now - 20 * MINUTE }]);
    const [row] = await database.dataSource.getRepository(StoredSession).find();
    expect(row?.sweepAt).toBe(now + 10 * MINUTE);
  });

  it('removes outcomes after a minute, fences after 15 and tombstones after an hour, and nothing earlier', async () => {
    database = await open();
    const store = new TypeOrmSessionStore(database.dataSource);
    const record = await login(store, await store.time());
    await store.revoke(randomUUID(), record.id, 'logout', record.createdAt);
    const age = async (by: number) => {
      const { manager } = database.dataSource;
      await manager
        .createQueryBuilder()
        .update(StoredFence)
        .set({ seenAt: () => `seen_at - ${by}` })
        .execute();
      await manager
        .createQueryBuilder()
        .update(StoredOperation)
        .set({ doneAt: () => `done_at - ${by}` })
        .execute();
      await manager
        .createQueryBuilder()
        .update(StoredTombstone)
        .set({ endedAt: () => `ended_at - ${by}` })
        .execute();
      await store.sweep(record.createdAt);
      return [await count(StoredOperation), await count(StoredFence), await count(StoredTombstone)];
    };
    expect(await age(0.5 * MINUTE)).toEqual([2, 1, 1]);
    expect(await age(1 * MINUTE)).toEqual([0, 1, 1]);
    expect(await age(13 * MINUTE)).toEqual([0, 1, 1]);
    expect(await age(2 * MINUTE)).toEqual([0, 0, 1]);
    expect(await age(40 * MINUTE)).toEqual([0, 0, 1]);
    expect(await age(5 * MINUTE)).toEqual([0, 0, 0]);
  });

  it('is done in passing as the store is used', async () => {
    database = await open();
    const store = new TypeOrmSessionStore(database.dataSource);
    const now = await store.time();
    const over = await login(store, now - 600 * MINUTE);
    for (let at = 0; at < 100; at += 1) await store.revoke(randomUUID(), aRecord().id, 'logout', now);
    expect(await store.find([over.id])).toEqual([undefined]);
  });
});

it('The sweep leaves a row that another has locked, and does not wait for it', async () => {
  database = await POSTGRES.open();
  const store = new TypeOrmSessionStore(database.dataSource, { deadline: 30_000 });
  const now = await store.time();
  const [locked, free] = [await login(store, now - 600 * MINUTE), await login(store, now - 600 * MINUTE)];
  await database.dataSource.transaction(async (manager) => {
    await manager.findOneOrFail(StoredSession, { where: { id: locked.id }, lock: { mode: 'pessimistic_write' } });
    await store.sweep(now);
    expect(await store.find([locked.id, free.id])).toEqual([locked, undefined]);
  });
});
