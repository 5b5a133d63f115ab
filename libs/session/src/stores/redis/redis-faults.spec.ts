import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type RedisClientOptions } from 'redis';
import { RedisServer } from '../../../../../test/support/redis-server.mjs';
import { StoreUnavailableError } from '../../core/errors.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { RedisSessionStore } from './redis-session.store.js';

const NOW = 2_000_000_000_000;

describe('an unfit Redis', () => {
  let server: RedisServer;
  const opened: { destroy(): unknown }[] = [];

  async function connect(options: RedisClientOptions = {}, url = server.url) {
    const client = createClient({ url, ...options });
    client.on('error', () => undefined);
    opened.push(client);
    await client.connect();
    return client;
  }
  const faults = async (options?: RedisClientOptions, url?: string) =>
    new RedisSessionStore(await connect(options, url)).faults();

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(async () => {
    for (const client of opened) client.destroy();
    await server.discard();
  });

  it('is not one that never evicts, is the primary, and is asked without a cache', async () => {
    expect(await faults()).toEqual([]);
  });

  it('is one that may evict', async () => {
    const admin = await connect();
    await admin.configSet('maxmemory-policy', 'allkeys-lru');
    expect(await faults()).toEqual([expect.stringContaining('maxmemory-policy allkeys-lru')]);
    await admin.configSet('maxmemory-policy', 'noeviction');
  });

  it('is one that follows another', async () => {
    const replica = await RedisServer.start({ settings: ['--replicaof', '127.0.0.1', String(server.port)] });
    expect(await faults({}, replica.url)).toEqual([expect.stringContaining('role slave')]);
    await replica.discard();
  });

  it('is one with replicas of which nobody says whether they may take over, or that would go on answering without them', async () => {
    const client = await connect();
    const faultsWhen = (failsOver?: boolean) =>
      new RedisSessionStore(client, failsOver === undefined ? {} : { failsOver }).faults();
    const replica = await RedisServer.start({ settings: ['--replicaof', '127.0.0.1', String(server.port)] });
    await client.wait(1, 0);
    expect(await faultsWhen()).toEqual([expect.stringContaining('failsOver')]);
    expect(await faultsWhen(false)).toEqual([]);
    expect(await faultsWhen(true)).toEqual([expect.stringContaining('min-replicas-to-write')]);
    await client.configSet('min-replicas-to-write', '1');
    expect(await faultsWhen(true)).toEqual([]);
    await client.configSet('min-replicas-max-lag', '0'); // without it the first setting is off
    expect(await faultsWhen(true)).toEqual([expect.stringContaining('min-replicas-to-write')]);
    await client.configSet({ 'min-replicas-to-write': '0', 'min-replicas-max-lag': '10' });
    await replica.kill();
  });

  it.each([
    ['maxmemory', '1', '0', /OOM.*Raise its maxmemory/],
    ['min-replicas-to-write', '1', '0', /NOREPLICAS.*lost its replicas/],
  ])('is one that takes no writes, by its %s, until that is mended', async (setting, broken, mended, fault) => {
    const admin = await connect();
    const store = new RedisSessionStore(await connect());
    await admin.configSet(setting, broken);
    expect(await store.faults()).toEqual([expect.stringMatching(fault)]);
    await admin.configSet(setting, mended);
    expect(await store.faults()).toEqual([]);
  });

  it('is one that takes no writes because it cannot save to its disk', async () => {
    const broken = await RedisServer.start();
    const admin = await connect({}, broken.url);
    await rm(broken.folder, { recursive: true }); // where it would save
    await admin.configSet('save', '3600 1');
    await admin.set('something', 'to save');
    await admin.sendCommand(['BGSAVE']);
    while (/rdb_last_bgsave_status:ok/.test(await admin.info('persistence'))) await new Promise(setImmediate);
    expect(await faults({}, broken.url)).toEqual([expect.stringMatching(/MISCONF.*cannot save/)]);
    await broken.discard();
  });

  it('is one asked through a cache or with a key prefix', async () => {
    const cached = await faults({ clientSideCache: { ttl: 1_000, maxEntries: 10, evictPolicy: 'LRU' } });
    expect(cached).toEqual([expect.stringContaining('clientSideCache')]);
    expect(await faults({ keyPrefix: 'app:' })).toEqual([expect.stringContaining('keyPrefix')]);
  });

  it('still ends sessions when it is full, and refuses the rest as unavailable', async () => {
    const admin = await connect();
    const store = new RedisSessionStore(await connect());
    const subject = aSubject();
    const fence = await store.fence(subject);
    const records = Array.from({ length: 5 }, () => aRecord({ ...subject, generation: 5 }));
    const [one, two, three, four] = records.map(({ id }) => id);
    for (const record of records) await store.create(record.id, record, fence, NOW);
    await admin.configSet('maxmemory', '1');

    await expect(store.create('full', aRecord(subject), fence, NOW)).rejects.toThrow(StoreUnavailableError);
    await expect(store.touch(one ?? '', NOW + 1)).rejects.toThrow(StoreUnavailableError);
    await expect(store.write('write', one ?? '', 'new', 0, NOW)).rejects.toThrow(StoreUnavailableError);

    expect(await store.revoke('one', one ?? '', 'logout', NOW)).toHaveProperty('id', one);
    const reused = await store.rotate('two', two ?? '', 0, NOW, { window: 0, windowFrom: 'use' });
    expect(reused.outcome).toBe('reused');
    const live = (await store.list(subject, NOW)).map(({ id }) => id);
    expect(live).toHaveLength(3);
    const others = await store.revokeAll('others', subject, 'logout_others', NOW, { keep: three ?? '' });
    expect(others.outcome === 'revoked' && others.ended.length).toBe(2);
    await store.moveFence(subject);
    expect(await store.revokeEveryone('everyone')).toBe(1);
    expect(await store.find([one, two, three, four].map(String))).toEqual([undefined, undefined, undefined, undefined]);
    await admin.configSet('maxmemory', '0');
  });
});
