import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createCluster, createSentinel } from 'redis';
import { openLossyProxy } from '../../../spec/lossy-proxy.js';
import { RedisServer } from '../../../../../test/support/redis-server.mjs';
import { StoreUnavailableError } from '../../core/errors.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import type { RedisClient } from './redis-client.js';
import { RedisSessionStore } from './redis-session.store.js';

const NOW = 2_000_000_000_000;
const RULE = { window: 30_000, windowFrom: 'use' } as const;

describe('RedisLink', () => {
  let server: RedisServer;
  const opened: { destroy(): unknown }[] = [];

  async function connect(port = server.port) {
    const client = createClient({ socket: { port, reconnectStrategy: 10 } });
    client.on('error', () => undefined);
    opened.push(client);
    return client.connect();
  }

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(() => {
    for (const client of opened.splice(0)) client.destroy();
  });
  afterAll(() => server.discard());

  it('takes what createClient, createSentinel and createCluster return', () => {
    const clients: RedisClient[] = [
      createClient(),
      createSentinel({ name: 'primary', sentinelRootNodes: [] }),
      createCluster({ rootNodes: [] }),
    ];
    expect(clients.map((client) => new RedisSessionStore(client))).toHaveLength(3);
  });

  it('sends a script again to a server that has forgotten it', async () => {
    const client = await connect();
    const store = new RedisSessionStore(client);
    const subject = aSubject();
    const fence = await store.fence(subject);
    await client.scriptFlush();
    expect(await store.fence(subject)).toBe(fence);
  });

  it('turns an error of the driver into its own, and keeps it as the cause', async () => {
    const client = await connect();
    const store = new RedisSessionStore(client);
    client.destroy();
    const error = await store.find([aRecord().id]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toHaveProperty('cause.message', 'The client is closed');
  });

  it('gives a hung server up at the deadline, on every method, and needs no restart when it is back', async () => {
    const store = new RedisSessionStore(await connect(), { deadline: 50 });
    const subject = aSubject();
    const record = aRecord(subject);
    const calls: (() => Promise<unknown>)[] = [
      () => store.time(),
      () => store.faults(),
      () => store.fence(subject),
      () => store.moveFence(subject),
      () => store.create('1', record, 'fence', NOW),
      () => store.find([record.id]),
      () => store.find([record.id, aRecord().id]),
      () => store.touch(record.id, NOW),
      () => store.used(record.id, 0, NOW),
      () => store.rotate('2', record.id, 0, NOW, RULE),
      () => store.renew('3', { record, expectedVersion: 0 }, 'fence', NOW),
      () => store.write('4', record.id, 'sealed', 0, NOW),
      () => store.revoke('5', record.id, 'logout', NOW),
      () => store.revokeAll('6', subject, 'logout_all', NOW),
      () => store.revokeEveryone('everyone'),
      () => store.list(subject, NOW),
    ];
    server.hang();
    const errors = await Promise.all(calls.map((call) => call().catch((caught: unknown) => caught)));
    server.resume();
    for (const error of errors) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error).toHaveProperty('cause.message', 'Redis did not answer within 50 ms.');
    }
    const patient = new RedisSessionStore(await connect());
    await expect(patient.time()).resolves.toBeGreaterThan(0);
  });

  const ENDINGS = [
    { happened: 'was closed', how: 'close' },
    { happened: 'was reset', how: 'reset' },
  ] as const;

  it.each(ENDINGS)(
    'repeats a call whose answer was lost when the connection $happened, and the call acts once',
    async ({ how }) => {
      const proxy = await openLossyProxy(server.port);
      const store = new RedisSessionStore(await connect(proxy.port), { deadline: 30_000 });
      const subject = aSubject();
      const record = aRecord(subject);
      const limit = { max: 1, policy: 'refuse' } as const;
      const fence = await store.fence(subject);
      await store.create('warm', aRecord(), 'no fence', NOW);
      proxy.loseNextAnswer(how);
      expect(await store.create('lost', record, fence, NOW, limit)).toEqual({ outcome: 'created', evicted: [] });
      await store.rotate('warm again', aRecord().id, 0, NOW, RULE);
      proxy.loseNextAnswer(how);
      expect(await store.rotate('lost too', record.id, 0, NOW, RULE)).toEqual({ outcome: 'rotated', generation: 1, replays: 0 });
      expect(await store.find([record.id])).toEqual([{ ...record, generation: 1 }]);
      expect(proxy.lost()).toBe(2);
      proxy.close();
    },
  );
});
