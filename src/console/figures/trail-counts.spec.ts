import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { AuditEntry } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { ENGINES, type TestDatabase } from '../../database/testing/engines.js';
import { COUNTED, TrailCounts } from './trail-counts.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A round minute. */
const NOW = 2_000_000_040_000;

describe.each(ENGINES)('what is counted of the audit trail, on the $name engine', ({ open }) => {
  let database: TestDatabase;
  let trail: TypeOrmAuditTrail;
  const keys = [randomBytes(32).toString('base64url')];

  beforeEach(async () => {
    database = await open();
    trail = new TypeOrmAuditTrail(database.dataSource, { keys });
  });
  afterEach(() => database.close());

  let entries = 0;
  const record = (at: number, type: string, more: Partial<AuditEntry> = {}) => {
    entries += 1;
    trail.record({ id: `entry-${entries}`, at, type, outcome: 'success', level: 'info', ...more });
  };
  const countedBy = async (counts: TrailCounts, from: number, until: number, now = NOW) => {
    await counts.refresh(now);
    const sums = COUNTED.map((what) => [what, counts.sum(what, from, until)] as const);
    return Object.fromEntries(sums.filter(([, sum]) => sum > 0));
  };

  it('is what happened at any instance, each in its minute', async () => {
    const other = new TypeOrmAuditTrail(database.dataSource, { keys });
    record(NOW - 2 * MINUTE, 'login.succeeded');
    record(NOW - MINUTE - 1, 'login.succeeded');
    record(NOW - MINUTE, 'login.failed');
    record(NOW, 'login.throttled');
    for (const type of ['refresh.rotated', 'refresh.replayed', 'refresh.healed']) record(NOW, type);
    record(NOW, 'refresh.reused');
    record(NOW, 'session.ended', { owasp: 'excess_sessions_exceeded' });
    record(NOW, 'session.ended', { owasp: 'session_logout' });
    record(NOW, 'session.opened');
    await trail.settled();
    other.record({ id: 'of another', at: NOW, type: 'login.succeeded', outcome: 'success', level: 'info' });
    await other.settled();
    const counts = new TrailCounts(trail, database.dataSource);
    expect(await countedBy(counts, NOW - 2 * MINUTE, NOW - MINUTE)).toEqual({ logins: 2 });
    expect(await countedBy(counts, NOW - MINUTE, NOW)).toEqual({ failures: 1 });
    expect(await countedBy(counts, NOW, NOW + MINUTE)).toEqual({
      logins: 1,
      throttled: 1,
      refreshes: 3,
      reuses: 1,
      evictions: 1,
    });
  });

  it('is counted once, however often and by how many at once it is asked for', async () => {
    const counts = new TrailCounts(trail, database.dataSource);
    expect(await countedBy(counts, 0, NOW + MINUTE)).toEqual({});
    record(NOW, 'login.succeeded');
    await Promise.all([counts.refresh(NOW), counts.refresh(NOW), counts.refresh(NOW)]);
    record(NOW, 'login.succeeded');
    record(NOW - 3 * MINUTE, 'login.succeeded'); // of an instance that was late
    expect(await countedBy(counts, NOW - DAY, NOW + MINUTE)).toEqual({ logins: 3 });
    expect(await countedBy(counts, NOW - DAY, NOW + MINUTE)).toEqual({ logins: 3 });
    expect(await countedBy(counts, NOW - DAY, NOW)).toEqual({ logins: 1 });
  });

  it('reaches back a day, whatever is older, and also where the oldest entries were removed', async () => {
    for (let i = 0; i < 20; i += 1) record(NOW - 3 * DAY + i, 'login.failed');
    for (let i = 0; i < 7; i += 1) record(NOW - DAY + i * MINUTE, 'login.succeeded');
    await trail.settled();
    const before = new TrailCounts(trail, database.dataSource);
    expect(await countedBy(before, NOW - 4 * DAY, NOW + MINUTE)).toEqual({ logins: 7 });
    await trail.prune(NOW - 2 * DAY, NOW);
    const after = new TrailCounts(trail, database.dataSource);
    expect(await countedBy(after, NOW - DAY, NOW + MINUTE)).toEqual({ logins: 7 });
    expect(await countedBy(after, NOW - DAY, NOW + MINUTE, NOW + 2 * MINUTE)).toEqual({ logins: 5 });
  });
});
