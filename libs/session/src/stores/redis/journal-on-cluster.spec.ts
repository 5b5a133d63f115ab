import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redisAdmin } from '../../../../../test/support/redis-admin.js';
import { RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { POSTGRES, type SqlDatabase } from '../../../spec/sql-databases.js';
import { until } from '../../../spec/until.js';
import { StoreUnavailableError } from '../../core/errors.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { storeContract } from '../../testing/store-contract.js';
import { TypeOrmJournal } from '../typeorm/typeorm.journal.js';
import { JournaledRedisSessionStore } from './journaled-redis-session.store.js';

const NOW = 2_000_000_000_000;
/** Milliseconds without an answer after which the others replace a server. */
const PATIENCE = 2_000;
const RULE = { window: 30_000, windowFrom: 'use' } as const;
const deadline = 30_000;

describe('with a journal, on a Cluster', () => {
  let cluster: RedisCluster;
  let database: SqlDatabase;
  const clients: { destroy(): unknown }[] = [];
  const journal = async () => new TypeOrmJournal(await database.another(), { deadline });

  beforeAll(async () => {
    database = await POSTGRES.open();
    cluster = await RedisCluster.start(PATIENCE);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.destroy()));
    await cluster.close();
    await database.close();
  });

  async function storeFrom(node: number, prefix: string): Promise<JournaledRedisSessionStore> {
    const client = await cluster.connect(node);
    clients.push(client);
    return new JournaledRedisSessionStore(client, await journal(), { prefix, deadline });
  }
  async function admin(node: number) {
    const client = await redisAdmin(cluster.node(node).server);
    clients.push(client);
    return client;
  }

  storeContract(
    { describe, it, beforeAll, afterAll },
    async () => ({ store: await storeFrom(0, 'contract'), peer: await storeFrom(1, 'contract'), close: async () => undefined }),
    { rounds: 5, timeout: 120_000, feed: 'process' },
  );

  it('P8: a replica that had fallen behind and took over revives nothing that was ended, and logs out nobody', async () => {
    const [old, replica] = [await admin(0), await admin(3)];
    for (const node of [0, 1, 2, 3]) await (await admin(node)).configSet('min-replicas-to-write', '0'); // else it takes no writes without one
    const isHere = async ({ slot }: { readonly slot: string }) => (await old.clusterKeySlot(slot)) <= 5_460;
    const store = await storeFrom(1, 'behind');
    const login = async (): Promise<SessionRecord> => {
      let subject = aSubject();
      while (!(await isHere(subject))) subject = aSubject();
      const record = aRecord(subject);
      expect(await store.create(`create ${record.id}`, record, await store.fence(subject), NOW)).toHaveProperty(
        'outcome',
        'created',
      );
      return record;
    };
    const ended = [await login(), await login(), await login()];
    const endedWithAll = [await login(), await login()];
    const going = [await login(), await login(), await login()];
    const keyOf = ({ id }: SessionRecord) => `behind:{${id.replace('.', '}:s:')}`;
    await until(
      'the replica has what was written so far',
      () => old.wait(1, 100),
      (count) => count === 1,
    );

    cluster.isolate(3);
    for (const { id } of ended) expect(await store.revoke(`end ${id}`, id, 'logout', NOW)).toHaveProperty('id', id);
    for (const { id, userId } of endedWithAll) await store.revokeAll(`all ${id}`, aSubject(userId), 'password_changed', NOW);
    for (const { id } of going) expect(await store.rotate(`rotate ${id}`, id, 0, NOW, RULE)).toHaveProperty('outcome', 'rotated');
    await cluster.node(0).server.kill();
    cluster.rejoin(3);
    await cluster.untilPrimary(3);
    const dead = [...ended, ...endedWithAll];
    for (const record of dead) expect(await replica.get(keyOf(record))).toContain(record.userId); // it is older indeed

    for (const asked of [store, await storeFrom(2, 'behind')]) {
      const found = await until(
        'the client knows the new primary',
        () => asked.find(dead.map(({ id }) => id)),
        (answer) => !(answer instanceof StoreUnavailableError),
      );
      expect(found).toEqual(dead.map(() => undefined));
    }
    for (const record of dead) expect(await replica.get(keyOf(record))).not.toContain(record.userId);
    for (const { id } of going) expect(await store.rotate(`again ${id}`, id, 1, NOW, RULE)).toHaveProperty('outcome', 'healed');
  }, 120_000);
});
