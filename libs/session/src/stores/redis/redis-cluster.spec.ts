import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redisAdmin } from '../../../../../test/support/redis-admin.js';
import { RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { RepeatingStore, type Span } from '../../../spec/repeating-store.js';
import { until } from '../../../spec/until.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { RecordLookup } from '../../core/record-lookup.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { storeContract } from '../../testing/store-contract.js';
import { RedisSessionStore } from './redis-session.store.js';

/** The call of the contract at which a primary crashes: among many at once, whose every outcome is checked. */
const CRASH_AT = 700;
/** Milliseconds: on a busy machine a server that is only slow must not be replaced, or what it answered meanwhile is lost. */
const PATIENCE = 5_000;
const ROUNDS = Number(process.env.FAILOVER_ROUNDS ?? 20);

describe('on a Cluster of three primaries with a replica each, with a failover in the middle', () => {
  let cluster: RedisCluster;
  let failover: Promise<Span> | undefined;
  let repeating: RepeatingStore | undefined;

  beforeAll(async () => {
    cluster = await RedisCluster.start(PATIENCE);
  }, 60_000);
  afterAll(() => cluster.close());

  storeContract(
    { describe, it, beforeAll, afterAll },
    async () => {
      const clients = await Promise.all([cluster.connect(0), cluster.connect(1), cluster.connect(1)]);
      const [here, there, subscriber] = clients;
      const one = new RedisSessionStore(here, { deadline: 10_000 });
      const two = new RedisSessionStore(there, { deadline: 10_000, subscriber });
      repeating = new RepeatingStore(one, {
        atCall: CRASH_AT,
        happens: () => {
          failover = cluster.failOver(0);
        },
      });
      return {
        store: repeating,
        peer: new RepeatingStore(two),
        breakFeed: () => cluster.disconnect(subscriber),
        close: async () => clients.forEach((client) => client.destroy()),
      };
    },
    { rounds: ROUNDS, timeout: 120_000, feed: 'shared' },
  );

  it('has failed over, and calls that were under way without a primary were answered', async () => {
    if (!failover || !repeating) throw new Error('Nothing has failed over.');
    expect(repeating.answeredOver(await failover)).toBeGreaterThan(0);
  });

  async function logins(store: RedisSessionStore): Promise<readonly SessionRecord[]> {
    const records = Array.from({ length: 20 }, () => aRecord());
    for (const record of records) {
      const subject = aSubject(record.userId);
      await store.create(`create ${record.id}`, record, await store.fence(subject), record.createdAt);
    }
    return records;
  }

  it('finds, lists and ends across the slots', async () => {
    const client = await cluster.connect(1);
    const store = new RedisSessionStore(client, { prefix: 'across', deadline: 30_000 });
    const records = await logins(store);
    const ids = [...records.map(({ id }) => id), aRecord().id];
    expect(await store.find(ids)).toEqual([...records, undefined]);
    expect(await store.faults()).toEqual([]);
    expect(await store.revokeEveryone('everyone')).toBe(20);
    expect(await store.find(ids)).toEqual(ids.map(() => undefined));
    client.destroy();
  });

  it('is unfit while one of its primaries would go on answering without its replica', async () => {
    const client = await cluster.connect(1);
    const store = new RedisSessionStore(client, { deadline: 30_000 });
    const last = await redisAdmin(cluster.node(2).server);
    expect(await store.faults()).toEqual([]);
    await last.configSet('min-replicas-to-write', '0');
    expect(await store.faults()).toEqual([expect.stringContaining('min-replicas-to-write')]);
    await last.configSet('min-replicas-to-write', '1');
    last.destroy();
    client.destroy();
  });

  it('looks up each session by itself: a primary that hangs holds up only those on it', async () => {
    const client = await cluster.connect(1);
    const store = new RedisSessionStore(client, { prefix: 'alone', deadline: 30_000 });
    const records = await logins(store);
    const node = await redisAdmin(cluster.node(1).server);
    const slots = await Promise.all(records.map(({ id }) => node.clusterKeySlot(id.slice(0, 4))));
    const there = records.filter((_, at) => (slots[at] ?? 0) < 5_461 || (slots[at] ?? 0) > 10_921);
    node.destroy();
    cluster.node(1).server.hang();
    const lookup = new RecordLookup(store, { now: () => ({ monotonic: 0, wall: 0 }) });
    const answered = new Set<string>();
    const lookups = records.map(async ({ id }) => answered.add((await lookup.find(id)).record?.id ?? ''));
    await until(
      'the other primaries have answered',
      async () => answered.size,
      (count) => count === there.length,
    );
    expect([...answered].sort()).toEqual(there.map(({ id }) => id).sort());
    cluster.node(1).server.resume();
    await Promise.all(lookups);
    expect(answered.size).toBe(20);
    client.destroy();
  });
});
