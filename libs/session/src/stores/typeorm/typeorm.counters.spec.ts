import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countersContract, PACE, RULE } from '../../../spec/counters-contract.js';
import { MARIADB, POSTGRES, SQL_ENGINES, type SqlDatabase } from '../../../spec/sql-databases.js';
import { StoreUnavailableError } from '../../core/errors.js';
import { StoredCount } from './stored-count.entity.js';
import { TypeOrmCounters } from './typeorm.counters.js';

describe.each(SQL_ENGINES)('TypeOrmCounters on $name', ({ open }) => {
  let database: SqlDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  const endAllWindows = () => database.dataSource.createQueryBuilder().update(StoredCount).set({ endsAt: 1 }).execute();

  // How fast a busy machine answers a hundred at once is not what is claimed.
  countersContract(() => new TypeOrmCounters(database.dataSource, { deadline: 30_000 }));

  it('counts from one again when the window has ended', async () => {
    const counters = new TypeOrmCounters(database.dataSource);
    const rule = { name: 'brief', limit: 1, window: 60_000 };
    expect(await counters.hit(rule, 'key')).toMatchObject({ allowed: true });
    expect(await counters.hit(rule, 'key')).toMatchObject({ allowed: false });
    await endAllWindows();
    expect(await counters.hit(rule, 'key')).toMatchObject({ allowed: true });
  });

  it('removes the counts of windows that have ended, as it counts', async () => {
    const counters = new TypeOrmCounters(database.dataSource);
    await counters.hit({ name: 'old', limit: 1, window: 60_000 }, 'key');
    await endAllWindows();
    for (let at = 0; at < 100; at += 1) await counters.hit(RULE, 'one key');
    expect(await database.dataSource.getRepository(StoredCount).count()).toBe(1);
  });

  it('removes what was forgotten, as it counts', async () => {
    const counters = new TypeOrmCounters(database.dataSource);
    const gone = { rule: PACE, key: 'gone' };
    await counters.paceInTurn([gone], 1);
    await counters.takeBack([], [gone]);
    for (let at = 0; at < 100; at += 1) await counters.hit(RULE, 'one key');
    expect(await database.dataSource.getRepository(StoredCount).countBy({ hits: 0 })).toBe(0);
  });

  it('says that the store is unavailable when the database cannot be asked', async () => {
    const closed = await database.another();
    const counters = new TypeOrmCounters(closed);
    await counters.hit(RULE, 'closed');
    await closed.destroy();
    await expect(counters.hit(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
    await expect(counters.undo(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
    await expect(counters.reset(RULE, 'closed')).rejects.toThrow(StoreUnavailableError);
  });
});

/** Whoever floods one address must not take the connections that everybody else's requests need. */
describe.each([POSTGRES, MARIADB])('Hits on $name that wait for one row', ({ open }) => {
  let database: SqlDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  it('hold one connection of the pool, and not all of them', async () => {
    const other = new TypeOrmCounters(database.dataSource, { deadline: 30_000 });
    const pool = await database.another({ poolSize: 3 });
    const counters = new TypeOrmCounters(pool, { deadline: 5_000 });
    const flood = (address: string) => [
      { rule: PACE, key: address },
      { rule: PACE, key: 'the name that they all try' },
    ];
    await other.pace(PACE, 'the name that they all try', 1);
    const [paced, held] = await database.dataSource.transaction('READ COMMITTED', async (manager) => {
      await manager.find(StoredCount, { lock: { mode: 'pessimistic_write' } });
      const waiting = Array.from({ length: 20 }, (_, at) => counters.paceInTurn(flood(`address ${at}`), 1));
      const meanwhile = await counters.pace(PACE, 'somebody else', 1);
      return [waiting, meanwhile];
    });
    expect(held).toMatchObject({ allowed: true, count: 1 });
    expect(await Promise.all(paced)).toHaveLength(20);
  });
});

/** In one process they take turns before they ask the database; of two it is the order of the rows that keeps them apart. */
describe.each([POSTGRES, MARIADB])('Two instances on $name', ({ open }) => {
  let database: SqlDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  it('that name the same keys in different orders never wait for each other', async () => {
    const statements: string[] = [];
    const note = (sql: string) => void statements.push(sql);
    const ignore = () => undefined;
    const logger = {
      logQuery: note,
      logQueryError: ignore,
      logQuerySlow: ignore,
      logSchemaBuild: ignore,
      logMigration: ignore,
      log: ignore,
    };
    const sources = [await database.another({ logger }), await database.another({ logger })];
    const keys = ['a', 'b', 'c', 'd'].map((key) => ({ rule: { ...PACE, free: 10_000 }, key }));
    await new TypeOrmCounters(database.dataSource).paceInTurn(keys, 1);
    const orders = [keys, keys.toReversed()];
    const instances = sources.map((source) => new TypeOrmCounters(source, { deadline: 30_000 }));
    await Promise.all(
      instances.flatMap((counters, at) =>
        Array.from({ length: 100 }, async () => {
          await counters.paceInTurn(orders[at] ?? [], 1);
          await counters.takeBack(orders[1 - at] ?? []);
        }),
      ),
    );
    expect(statements.filter((sql) => sql.startsWith('BEGIN') || sql.startsWith('START')).length).toBeGreaterThan(0);
    expect(statements).not.toContain('ROLLBACK');
  });
});
