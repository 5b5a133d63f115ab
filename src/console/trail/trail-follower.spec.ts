import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { ENGINES, type TestDatabase } from '../../database/testing/engines.js';
import { PasswordHasher } from '../../users/password-hasher.js';
import { User } from '../../users/user.entity.js';
import { Users } from '../../users/users.service.js';
import { TrailFollower } from './trail-follower.js';
import { TrailReader } from './trail-reader.js';

describe.each(ENGINES)('who follows the trail, on the $name engine', ({ open }) => {
  let database: TestDatabase;
  let trail: TypeOrmAuditTrail;
  let reader: TrailReader;

  beforeEach(async () => {
    database = await open();
    trail = new TypeOrmAuditTrail(database.dataSource, { keys: [randomBytes(32).toString('base64url')] });
    reader = new TrailReader(trail, new Users(database.dataSource.getRepository(User), await PasswordHasher.create()));
  });
  afterEach(() => database.close());

  let written = 0;
  const record = (count: number, type: string) => {
    for (let i = 0; i < count; i += 1) {
      written += 1;
      trail.record({ id: `entry-${written}`, at: 2_000_000_000_000, type, outcome: 'failure', level: 'info' });
    }
  };
  const flood = (count: number) => record(count, 'session.refused');
  /** Places of what one look tells, and before which it has left something out. */
  const look = async (follower: TrailFollower) => {
    const [seqs, skipped]: [number[], number[]] = [[], []];
    for await (const news of follower.look()) {
      if (news.lines === undefined) skipped.push(news.skipped);
      else seqs.push(...news.lines.map(({ seq }) => seq));
    }
    return { seqs, skipped };
  };
  const places = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it('sees at the next look what was written after 1,000 others, and all of those', async () => {
    const follower = new TrailFollower(reader, {}, 0);
    flood(1_000);
    record(1, 'session.ended');
    expect(await look(follower)).toEqual({ seqs: places(1, 1_001), skipped: [] });
    expect(await look(follower)).toEqual({ seqs: [], skipped: [] });
  });

  it('sees the newest at the next look however much was written, tells before which place it has skipped, and goes on after them', async () => {
    const follower = new TrailFollower(reader, {}, 5);
    flood(2_600);
    record(1, 'session.ended');
    expect(await look(follower)).toEqual({ seqs: [...places(6, 2_005), ...places(2_502, 2_601)], skipped: [2_502] });
    record(1, 'session.opened');
    expect(await look(follower)).toEqual({ seqs: [2_602], skipped: [] });
  });

  it('tells of nothing skipped where nothing was, though it was behind', async () => {
    const follower = new TrailFollower(reader, {}, 0);
    flood(2_100);
    expect(await look(follower)).toEqual({ seqs: places(1, 2_100), skipped: [] });
    flood(2_000);
    expect(await look(follower)).toEqual({ seqs: places(2_101, 4_100), skipped: [] });
  });

  it('counts what is asked for alone: others between are no gap', async () => {
    const follower = new TrailFollower(reader, { type: 'session.refused' }, 0);
    flood(2_000);
    record(300, 'session.opened');
    flood(100);
    expect(await look(follower)).toEqual({ seqs: [...places(1, 2_000), ...places(2_301, 2_400)], skipped: [] });
  });
});
