import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { createClient } from 'redis';
import { RedisServer } from '../support/redis-server.mjs';
import { PATIENCE } from './application.mjs';

/** What is written to the log is also sent to replicas: so its length tells what both cost. */
const LOGGED = ['--appendonly', 'yes', '--appendfsync', 'no', '--auto-aof-rewrite-percentage', '0'];

const SHORT_LIVED = {
  outcome: { pattern: 'nhs:{*}:op:*', lifetime: '1 min' },
  fence: { pattern: 'nhs:{*}:f:*', lifetime: '15 min' },
  tombstone: { pattern: 'nhs:{*}:s:*', lifetime: '1 h', is: (value) => !value.startsWith('[') },
};

/** Empty stores, each in a private Redis. */
export async function openRedis() {
  return { name: 'Redis', open: openPlace, close: async () => {} };
}

async function openPlace({ logged = false } = {}) {
  const settings = ['--enable-debug-command', 'local', ...(logged ? LOGGED : [])];
  const server = await RedisServer.start({ settings });
  const client = await createClient({ url: server.url }).connect();
  const empty = await usedMemory();
  return {
    store: new RedisSessionStore(client, { deadline: PATIENCE }),
    client,
    processes: () => server.processes,
    settle,
    bytes,
    shortLived,
    written,
    occupied: async () => ({ ...(await bytes()), ...(await fragmentation()) }),
    async snapshot() {
      await client.sendCommand(['SAVE']);
      return (await stat(join(server.folder, 'dump.rdb'))).size;
    },
    async close() {
      client.destroy();
      await server.discard();
    },
  };

  /** Logins of a day in a minute leave tables of keys that are too large for long: they are made anew, as at a start. */
  async function settle() {
    await forgetTheShortLived();
    await client.sendCommand(['DEBUG', 'RELOAD']);
  }

  async function forgetTheShortLived() {
    for (const kind of Object.values(SHORT_LIVED)) await onKeys(kind, (keys) => client.unlink(keys));
  }

  /** What stays, without what passes within the hour. By MEMORY USAGE, which leaves out a key's place in the tables of keys and of ends. */
  async function bytes() {
    await forgetTheShortLived();
    const [record, index] = [await bytesOf('nhs:{*}:s:*'), await bytesOf('nhs:{*}:i:*')];
    return { record: record.sum, index: index.sum, 'all of Redis': (await usedMemory()) - empty };
  }

  /** Bytes of one of each that passes. */
  async function shortLived() {
    const found = [];
    for (const [name, kind] of Object.entries(SHORT_LIVED)) {
      const { sum, count } = await bytesOf(kind.pattern, kind.is);
      if (count > 0) found.push({ name, bytes: sum / count, lifetime: kind.lifetime });
    }
    return found;
  }

  async function bytesOf(pattern, is) {
    let [sum, count] = [0, 0];
    await onKeys({ pattern, is }, async (keys) => {
      for (const usage of await Promise.all(keys.map((key) => client.memoryUsage(key)))) sum += usage ?? 0;
      count += keys.length;
    });
    return { sum, count };
  }

  async function onKeys({ pattern, is }, act) {
    for await (const found of client.scanIterator({ MATCH: pattern, COUNT: 2_000 })) {
      const values = is && found.length > 0 ? await client.mGet(found) : [];
      const keys = is ? found.filter((_, at) => is(values[at] ?? '')) : found;
      if (keys.length > 0) await act(keys);
    }
  }

  /** Without what the connection of the measurement itself takes. */
  async function usedMemory() {
    const memory = await figures('memory');
    return memory('used_memory') - memory('mem_clients_normal') - memory('mem_aof_buffer');
  }

  /** What Redis has of the system for each byte that is in use. */
  async function fragmentation() {
    const memory = await figures('memory');
    return { 'of the system': memory('allocator_resident') - empty };
  }

  async function written() {
    return (await figures('persistence'))('aof_current_size');
  }

  async function figures(section) {
    const text = await client.info(section);
    return (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1]);
  }
}
