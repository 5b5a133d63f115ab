import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { POSTGRES, type SqlDatabase } from '../../../spec/sql-databases.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { TypeOrmSessionStore } from './typeorm-session.store.js';

const NOW = 2_000_000_000_000;
const ROUNDS = 2_000;
const deadline = 30_000;

/** Design §13: a statement that inserts where the fence stands left a survivor in 2,892 of 3,000 such races. */
describe('logins against revokeAll on postgres', () => {
  let database: SqlDatabase;
  let stores: readonly [TypeOrmSessionStore, TypeOrmSessionStore];
  beforeAll(async () => {
    database = await POSTGRES.open();
    stores = [
      new TypeOrmSessionStore(database.dataSource, { deadline }),
      new TypeOrmSessionStore(await database.another(), { deadline }),
    ];
  });
  afterAll(() => database.close());

  /** One login against one end, which begins at the same time: in a transaction of its own or, where it is told, in a caller's. */
  async function race(inTransaction?: {
    readonly loginBegins: 'before it' | 'in it';
  }): Promise<'survived' | 'ended' | 'not committed'> {
    const [store, peer] = stores;
    const subject = aSubject();
    const fence = await store.fence(subject);
    const begin = () => peer.create(randomUUID(), aRecord(subject), fence, NOW);
    const end = (manager?: EntityManager) => store.revokeAll(randomUUID(), subject, 'password_changed', NOW, undefined, manager);
    let login = inTransaction?.loginBegins === 'in it' ? undefined : begin();
    const ending = inTransaction
      ? database.dataSource.transaction('REPEATABLE READ', async (manager) => {
          await manager.query('SELECT 1 AS begun'); // from here on it sees the state of this moment
          login ??= begin();
          await end(manager);
        })
      : end();
    const ended = await ending.then(
      () => true,
      () => false,
    );
    await login;
    if (!ended) return 'not committed';
    return (await store.list(subject, NOW)).length > 0 ? 'survived' : 'ended';
  }

  async function races(rounds: number, inTransaction?: Parameters<typeof race>[0]) {
    const ends: Awaited<ReturnType<typeof race>>[] = [];
    const lane = async () => {
      while (ends.length < rounds) ends.push(await race(inTransaction));
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    return (end: (typeof ends)[number]) => ends.filter((other) => other === end).length;
  }

  it(`leave no survivor in ${ROUNDS} rounds`, async () => {
    const ending = await races(ROUNDS);
    expect([ending('survived'), ending('not committed')]).toEqual([0, 0]);
  }, 300_000);

  it('leave no survivor of a transaction that sees an older state: either it ends the session too, or it does not commit', async () => {
    const [before, within] = [await races(400, { loginBegins: 'before it' }), await races(400, { loginBegins: 'in it' })];
    expect([before('survived'), within('survived')]).toEqual([0, 0]);
    expect(before('not committed') + within('not committed')).toBeGreaterThan(0);
    expect(before('ended') + within('ended')).toBeGreaterThan(0);
  }, 300_000);
});
