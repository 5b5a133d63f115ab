import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createCluster } from 'redis';
import { freePort, RedisServer } from '../../../../../test/support/redis-server.mjs';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { storeContract } from '../../testing/store-contract.js';
import { RedisSessionStore } from './redis-session.store.js';

/** Makes a cluster of two primaries; answers its servers. */
async function startCluster(): Promise<readonly RedisServer[]> {
  const busPorts = [await freePort(), await freePort()];
  const start = (busPort: number) =>
    RedisServer.start({ settings: ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)] });
  const servers = await Promise.all(busPorts.map(start));
  const nodes = await Promise.all(servers.map(({ url }) => createClient({ url }).connect()));
  for (const [at, node] of nodes.entries()) {
    await node.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1)]);
    await node.clusterAddSlotsRange({ start: at * 8_192, end: at * 8_192 + 8_191 });
  }
  await nodes[0]?.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(servers[1]?.port), String(busPorts[1])]);
  // The nodes gossip until they agree, and nothing but asking tells when.
  for (const node of nodes) while (!(await node.clusterInfo()).includes('cluster_state:ok')) await setTimeout(20);
  for (const node of nodes) node.destroy();
  return servers;
}

describe('on a cluster of two primaries', () => {
  let servers: readonly RedisServer[] = [];
  const connected = () => createCluster({ rootNodes: servers.map(({ url }) => ({ url })) }).connect();

  beforeAll(async () => {
    servers = await startCluster();
  }, 30_000);
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.kill()));
  });

  storeContract(
    { describe, it, beforeAll, afterAll },
    async () => {
      const client = await connected();
      return { store: new RedisSessionStore(client, { deadline: 30_000 }), close: async () => client.destroy() };
    },
    { rounds: 20 },
  );

  it('finds, lists and ends across the slots', async () => {
    const client = await connected();
    const store = new RedisSessionStore(client, { prefix: 'across', deadline: 30_000 });
    const records = [];
    for (let at = 0; at < 20; at += 1) {
      const subject = aSubject();
      const record = aRecord(subject);
      await store.create(`create-${at}`, record, await store.fence(subject), record.createdAt);
      records.push(record);
    }
    const ids = [...records.map(({ id }) => id), aRecord().id];
    expect(await store.find(ids)).toEqual([...records, undefined]);
    expect(await store.faults()).toEqual([]);
    expect(await store.revokeEveryone('everyone')).toBe(20);
    expect(await store.find(ids)).toEqual(ids.map(() => undefined));
    client.destroy();
  });
});
