import { afterEach, describe, expect, it } from '@jest/globals';
import { watchWhileEnded } from '../../../spec/cut-off.js';
import { redisAdmin } from '../../../../../test/support/redis-admin.js';
import { RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { RedisWithSentinels } from '../../../../../test/support/redis-with-sentinels.js';
import { RepeatingStore } from '../../../spec/repeating-store.js';
import { until } from '../../../spec/until.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { RedisSessionStore } from './redis-session.store.js';

const NOW = 2_000_000_000_000;
/** Seconds of `min-replicas-max-lag`: longer than a failover takes, so that there is something to bound. */
const MAX_LAG = 5;
/** Milliseconds without an answer after which the others replace a server. */
const PATIENCE = 2_000;
/** Milliseconds (decision 0025). */
const BOUND = (MAX_LAG + 2) * 1_000;

describe('a primary that is cut off from its replicas and still answers', () => {
  const opened: { destroy(): unknown }[] = [];
  let close = async () => {};
  const keyOf = ({ id }: SessionRecord) => `nhs:{${id.replace('.', '}:s:')}`;

  async function admin(server: { readonly url: string }) {
    const client = await redisAdmin(server);
    opened.push(client);
    return client;
  }
  function storeOf(client: Awaited<ReturnType<RedisCluster['connect']>> | Awaited<ReturnType<RedisWithSentinels['connect']>>) {
    opened.push(client);
    return new RedisSessionStore(client);
  }
  async function login(store: RepeatingStore, subject = aSubject()) {
    const record = aRecord(subject);
    expect(await store.create('login', record, await store.fence(subject), NOW)).toHaveProperty('outcome', 'created');
    return record;
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((client) => client.destroy()));
    await close();
  });

  it('of a Cluster admits no session beyond the bound that was ended on its successor (P1)', async () => {
    const cluster = await RedisCluster.start(PATIENCE);
    close = () => cluster.close();
    const old = await admin(cluster.node(0).server);
    await old.configSet('min-replicas-max-lag', String(MAX_LAG));
    await old.configSet('cluster-allow-reads-when-down', 'yes'); // else CLUSTERDOWN would hide what the guard does
    let subject = aSubject();
    while ((await old.clusterKeySlot(subject.slot)) > 5_000) subject = aSubject();
    const there = storeOf(await cluster.connect());
    const record = await login(new RepeatingStore(there), subject);
    await until(
      'the replica has the session',
      () => old.wait(1, 100),
      (count) => count === 1,
    );

    const seen = await watchWhileEnded(
      there,
      record.id,
      async () => {
        cluster.isolate(0);
        await cluster.untilPrimary(3);
        await (await admin(cluster.node(3).server)).configSet('min-replicas-to-write', '0');
        const elsewhere = new RepeatingStore(storeOf(await cluster.connect(3)));
        await elsewhere.revoke('end', record.id, 'logout', NOW);
        expect(await elsewhere.find([record.id])).toEqual([undefined]);
      },
      BOUND,
    );
    expect(seen.before).toBeGreaterThan(0);
    expect(seen.latest).toBeLessThanOrEqual(BOUND);
    expect(await old.get(keyOf(record))).toContain(record.userId); // what reads without the guard would go on admitting
  });

  it('watched by Sentinels admits no session beyond the bound that was ended on its successor (P1)', async () => {
    const redis = await RedisWithSentinels.start(PATIENCE);
    close = () => redis.close();
    const old = await admin(redis.primary);
    await old.configSet('min-replicas-max-lag', String(MAX_LAG));
    const there = storeOf(await redis.connect());
    const record = await login(new RepeatingStore(there));
    await until(
      'the replicas have the session',
      () => old.wait(2, 100),
      (count) => count === 2,
    );

    const seen = await watchWhileEnded(
      there,
      record.id,
      async () => {
        redis.isolatePrimary();
        const successor = await admin(await redis.untilFailover());
        const elsewhere = new RepeatingStore(new RedisSessionStore(successor, { failsOver: true }));
        await elsewhere.revoke('end', record.id, 'logout', NOW);
        expect(await elsewhere.find([record.id])).toEqual([undefined]);
      },
      BOUND,
    );
    expect(seen.before).toBeGreaterThan(0);
    expect(seen.latest).toBeLessThanOrEqual(BOUND);
    expect(await old.get(keyOf(record))).toContain(record.userId); // what reads without the guard would go on admitting
  });
});
