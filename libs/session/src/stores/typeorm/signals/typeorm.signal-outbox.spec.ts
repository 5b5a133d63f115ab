import { beforeEach, describe, expect, it } from '@jest/globals';
import { AuditBench, DEADLINE, newKey, NOW } from '../../../../spec/audit-bench.js';
import { SQL_ENGINES } from '../../../../spec/sql-databases.js';
import { InvalidOptionsError, StoreUnavailableError } from '../../../core/errors.js';
import type { TypeOrmAuditTrail } from '../audit/typeorm.audit-trail.js';
import { signalEntities } from './signal-entities.js';
import { TypeOrmSignalOutbox } from './typeorm.signal-outbox.js';

const TYPES = ['session.ended', 'password.changed'];
const ended = { type: 'session.ended', sessionId: 's.1', reason: 'logout' };

describe.each(SQL_ENGINES)('TypeOrmSignalOutbox on $name', (engine) => {
  const bench = new AuditBench(engine);
  let trail: TypeOrmAuditTrail;
  let outbox: TypeOrmSignalOutbox;
  const outboxOf = (dataSource = bench.database.dataSource, keys = bench.keys) =>
    new TypeOrmSignalOutbox(dataSource, { keys, deadline: DEADLINE });
  const pending = async (stream = 'a', now = NOW, limit = 100) => outbox.pending(stream, now, limit);
  const ids = async (stream = 'a', now = NOW) => (await pending(stream, now)).map(({ id }) => id);

  beforeEach(async () => {
    for (const entity of signalEntities) await bench.database.dataSource.createQueryBuilder().delete().from(entity).execute();
    trail = bench.trail();
    outbox = outboxOf();
    await bench.write(trail, 2, ended);
    await outbox.collect('a', TYPES, NOW); // begins here: what was before is not told
  });

  it('takes what the trail has to tell since the stream began, of these types, once', async () => {
    expect(await ids()).toEqual([]);
    await bench.write(trail, 1, ended);
    await bench.write(trail, 1, { type: 'session.opened' });
    await bench.write(trail, 1, { type: 'password.changed' });
    expect(await outbox.collect('a', TYPES, NOW)).toBe(2);
    expect(await outbox.collect('a', TYPES, NOW)).toBe(0);
    const all = await pending();
    expect(all.map(({ entry, at }) => [entry?.type, at])).toEqual([
      ['session.ended', NOW],
      ['password.changed', NOW],
    ]);
    expect(all[0]?.id).toBe(all[0]?.entry?.id);
    expect(await pending('a', NOW, 1)).toEqual(all.slice(0, 1));
  });

  it('knows each stream for itself', async () => {
    await outbox.collect('b', TYPES, NOW);
    await bench.write(trail, 1, ended);
    for (const stream of ['a', 'b', 'c']) await outbox.collect(stream, TYPES, NOW);
    const [first = ''] = await ids('a');
    expect(await ids('b')).toEqual([first]);
    expect(await ids('c')).toEqual([]);
    expect(await outbox.remove('a', [first, 'another'])).toBe(1);
    expect([await ids('a'), await ids('b')]).toEqual([[], [first]]);
  });

  it('takes every entry once, whoever takes and whoever writes meanwhile', async () => {
    const others = await Promise.all([1, 2, 3].map(async () => outboxOf(await bench.database.another())));
    const writers = await Promise.all([1, 2].map(async () => bench.trail({}, await bench.database.another())));
    const taken: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const writing = writers.map((writer) => bench.write(writer, 3, ended));
      taken.push(...(await Promise.all(others.map((one) => one.collect('a', TYPES, NOW)))));
      await Promise.all(writing);
    }
    taken.push(await outbox.collect('a', TYPES, NOW));
    const found = await ids();
    expect([found.length, new Set(found).size]).toEqual([48, 48]);
    expect(taken.reduce((sum, count) => sum + count)).toBe(48);
  });

  it('leaves a signal for later, and forgets what is too old', async () => {
    await bench.write(trail, 2, ended);
    await outbox.collect('a', TYPES, NOW);
    const [first = '', second = ''] = await ids();
    await outbox.putOff('a', first, NOW + 1_000);
    expect([await ids('a', NOW + 999), await ids('a', NOW + 1_000)]).toEqual([[second], [second, first]]); // what was tried comes last
    await bench.write(trail, 1, ended);
    await outbox.collect('a', TYPES, NOW + 5);
    expect(await outbox.expire('a', NOW + 5)).toBe(2);
    expect(await pending()).toHaveLength(1);
  });

  it('has one deliverer at a time', async () => {
    const other = outboxOf(await bench.database.another());
    const claims = await Promise.all([outbox.claim('a', NOW, NOW + 10), other.claim('a', NOW, NOW + 10)]);
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await other.claim('a', NOW + 9, NOW + 20)).toBe(false);
    expect(await other.claim('a', NOW + 10, NOW + 20)).toBe(true);
    expect(await outbox.extend('a', NOW + 10, NOW + 30)).toBe(false); // its own claim has ended
    expect(await other.extend('a', NOW + 20, NOW + 20)).toBe(true);
    expect(await other.extend('a', NOW + 20, NOW + 12)).toBe(true);
    expect([await outbox.claim('a', NOW + 11, NOW + 20), await outbox.claim('a', NOW + 12, NOW + 20)]).toEqual([false, true]);
  });

  it('vouches for nothing that the server has not written', async () => {
    await bench.write(trail, 3, ended);
    await outbox.collect('a', TYPES, NOW);
    const lines = async () => (await pending()).map(({ entry }) => entry?.userId);
    expect(await lines()).toEqual(['user-1', 'user-1', 'user-1']);
    await bench.sql(`UPDATE nhs_audit SET text = REPLACE(text, 'user-1', 'user-2') WHERE seq = 4`);
    expect(await lines()).toEqual(['user-1', undefined, 'user-1']);
    await bench.sql(`UPDATE nhs_audit SET hash = 'x' WHERE seq = 4`);
    expect(await lines()).toEqual(['user-1', undefined, undefined]); // nobody knows what the last one follows
    expect((await outboxOf(undefined, [newKey()]).pending('a', NOW, 9)).map(({ entry }) => entry)).toEqual(
      Array(3).fill(undefined),
    );
  });

  it('vouches for the oldest entry that is left, and not for one that is gone', async () => {
    await bench.write(trail, 2, ended);
    await outbox.collect('a', TYPES, NOW);
    const [first, second] = await pending();
    expect(await trail.prune(second?.entry?.at ?? 0)).toBe(3);
    expect(await pending()).toEqual([{ ...first, entry: undefined }, second]);
  });

  it('goes on after a trail that was cut, without telling anything twice', async () => {
    await bench.write(trail, 2, ended);
    await outbox.collect('a', TYPES, NOW);
    await bench.sql('DELETE FROM nhs_audit WHERE seq > 2');
    expect(await outbox.collect('a', TYPES, NOW)).toBe(0);
    await bench.write(trail, 1, ended); // the trail itself goes on after the last place that it has seen
    expect(await outbox.collect('a', TYPES, NOW)).toBe(1);
  });

  it('says that the store is unavailable when the database cannot be asked, and what is wrong with keys that are none', async () => {
    const closed = await bench.database.another();
    const away = outboxOf(closed);
    await away.pending('a', NOW, 1);
    await closed.destroy();
    await expect(away.pending('a', NOW, 1)).rejects.toThrow(StoreUnavailableError);
    await expect(away.collect('a', TYPES, NOW)).rejects.toThrow(StoreUnavailableError);
    expect(() => outboxOf(undefined, [])).toThrow(InvalidOptionsError);
  });
});
