import { describe, expect, it } from '@jest/globals';
import type { AuditEntry } from '../../../core/audit/audit-entry.js';
import { StoreUnavailableError } from '../../../core/errors.js';
import { AuditQueue } from './audit-queue.js';

const entry = (id: number): AuditEntry => ({ id: String(id), at: id, type: 'test', outcome: 'success', level: 'info' });
const numbered = (count: number) => Array.from({ length: count }, (_, at) => String(at + 1));

/** A queue before a database that the test holds: it writes when it is let, and fails as it is told. */
function queued(limit = 10_000) {
  const written: AuditEntry[] = [];
  const batches: { readonly size: number; readonly mayBeThere: boolean }[] = [];
  const failures: unknown[] = [];
  const database = { fault: (_: readonly AuditEntry[]): Error | undefined => undefined };
  const write = async (batch: readonly AuditEntry[], mayBeThere: boolean) => {
    batches.push({ size: batch.length, mayBeThere });
    await new Promise(setImmediate);
    const fault = database.fault(batch);
    if (fault) throw fault;
    written.push(...batch);
  };
  const queue = new AuditQueue(write, limit, (error) => failures.push(error));
  return { queue, written, batches, failures, database, ids: () => written.map(({ id, type }) => (type === 'test' ? id : type)) };
}

describe('entries on their way', () => {
  it('go at once, and together where one is under way: in their order, none twice', async () => {
    const { queue, batches, ids } = queued();
    for (let i = 1; i <= 450; i += 1) queue.add(entry(i));
    await queue.settled();
    expect(ids()).toEqual(numbered(450));
    expect(batches.map(({ size }) => size)).toEqual([1, 200, 200, 49]);
    expect(queue.length).toBe(0);
  });

  it('wait while the database is away, which is told once, and may then be there already', async () => {
    const { queue, batches, failures, database, ids } = queued();
    const away = new StoreUnavailableError();
    let outages = 3;
    database.fault = () => (outages-- > 0 ? away : undefined);
    for (let i = 1; i <= 3; i += 1) queue.add(entry(i));
    expect(await queue.close(10_000)).toBe(0);
    expect(ids()).toEqual(numbered(3));
    expect(failures).toEqual([away]);
    expect(batches.map(({ mayBeThere }) => mayBeThere)).toEqual([false, true, true, true]);
  });

  it('are lost beyond a number, which is said in the trail where they are missing', async () => {
    const { queue, ids } = queued(5);
    expect([1, 2, 3, 4, 5, 6, 7].map((id) => queue.add(entry(id)))).toEqual([true, true, true, true, true, false, false]);
    await queue.settled();
    expect(queue.lost).toBe(2);
    queue.add(entry(8));
    await queue.settled();
    expect(ids()).toEqual(['1', '2', '3', '4', '5', 'audit.lost', '8']);
  });

  it('are not stopped by one that the database will not have', async () => {
    const { queue, failures, database, ids } = queued();
    const fault = new Error('invalid input syntax');
    database.fault = (batch) => (batch.some(({ id }) => id === '3') ? fault : undefined);
    for (let i = 1; i <= 5; i += 1) queue.add(entry(i));
    expect(await queue.close(10_000)).toBe(0);
    expect(ids().filter((id) => id !== 'audit.lost')).toEqual(['1', '2', '4', '5']);
    expect(ids()).toContain('audit.lost');
    expect(failures).toContain(fault);
    expect(queue.lost).toBe(1);
  });

  it('are given up when the database stays away at the end: how many, is answered', async () => {
    const { queue, database } = queued();
    database.fault = () => new StoreUnavailableError();
    for (let i = 1; i <= 3; i += 1) queue.add(entry(i));
    expect(await queue.close(1)).toBe(3);
  });

  it('settle as soon as an attempt has failed: nobody waits for a database that is away', async () => {
    const { queue, database } = queued();
    database.fault = () => new StoreUnavailableError();
    queue.add(entry(1));
    await queue.settled();
    await queue.settled();
    expect(queue.length).toBe(1);
    expect(await queue.close(1)).toBe(1);
  });
});
