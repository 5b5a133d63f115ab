import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createSentinel } from 'redis';
import { freePort, RedisServer } from '../../../../../test/support/redis-server.mjs';
import { type RedisSentinel, startSentinel } from '../../../spec/redis-sentinel.js';
import { storeContract } from '../../testing/store-contract.js';
import { RedisSessionStore } from './redis-session.store.js';

describe('behind a sentinel', () => {
  let primary: RedisServer;
  let sentinel: RedisSentinel;

  const connected = () =>
    createSentinel({
      name: 'primary',
      sentinelRootNodes: [{ host: '127.0.0.1', port: sentinel.port }],
      masterPoolSize: 2,
      reserveClient: true,
    }).connect();

  beforeAll(async () => {
    primary = await RedisServer.start({ settings: ['--repl-diskless-sync-delay', '0'] });
    sentinel = await startSentinel(await freePort(), primary.port);
  });
  afterAll(async () => {
    await sentinel.kill();
    await primary.kill();
  });

  storeContract(
    { describe, it, beforeAll, afterAll },
    async () => {
      const client = await connected();
      return { store: new RedisSessionStore(client, { deadline: 30_000 }), close: () => client.destroy() };
    },
    { rounds: 20 },
  );

  it('is unfit while a primary that lost its replicas would go on answering', async () => {
    const client = await connected();
    const admin = await createClient({ url: primary.url }).connect();
    const store = new RedisSessionStore(client, { deadline: 30_000 });
    expect(await store.faults()).toEqual([]);
    const replica = await RedisServer.start({ settings: ['--replicaof', '127.0.0.1', String(primary.port)] });
    await admin.wait(1, 0);
    expect(await store.faults()).toEqual([expect.stringContaining('min-replicas-to-write')]);
    await admin.configSet('min-replicas-to-write', '1');
    expect(await store.faults()).toEqual([]);
    await replica.kill();
    admin.destroy();
    await client.destroy();
  });
});
