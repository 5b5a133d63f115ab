import { randomBytes } from 'node:crypto';
import { MemoryCounters, MemorySessionStore, type Counters, type SessionStore } from 'nestjs-hybrid-session';
import { RedisCounters, RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { createClient } from 'redis';
import { ADAPTERS, type AdapterName } from './host-app.js';

export type StoreName = 'memory' | 'redis';
/** Without a Redis on this machine its rows are left out, which the run says loudly, and which is an error in CI. */
export const STORES: readonly StoreName[] = process.env['REDIS_URL'] ? ['memory', 'redis'] : ['memory'];

/** Every HTTP adapter with every store. */
export const MATRIX: readonly { readonly adapter: AdapterName; readonly storeName: StoreName }[] = ADAPTERS.flatMap((adapter) =>
  STORES.map((storeName) => ({ adapter, storeName })),
);

/** A store of the test's own, and its end. */
export interface OpenStore {
  readonly store: SessionStore;
  readonly counters: Counters;
  /** Every key and value that it holds, as text; empty for the store that has no server. */
  readonly dump: () => Promise<string>;
  /** Runs a command of the server underneath. */
  readonly command: (...words: string[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Opens a store that shares nothing with other tests. */
export async function openStore(name: StoreName): Promise<OpenStore> {
  if (name === 'memory') {
    const nothing = async () => '';
    return {
      store: new MemorySessionStore(),
      counters: new MemoryCounters(),
      dump: nothing,
      command: nothing,
      close: async () => {},
    };
  }
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const client = newClient();
  client.on('error', () => {}); // a lost connection shows in the calls
  await client.connect();
  const keys = async () => {
    const found: string[] = [];
    for await (const batch of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) found.push(...batch);
    return found;
  };
  return {
    store: new RedisSessionStore(client, { prefix }),
    counters: new RedisCounters(client, { prefix }),
    command: (...words) => client.sendCommand(words),
    dump: async () => {
      const lines: string[] = [];
      for (const key of await keys()) lines.push(key, await textOfKey(client, key));
      return lines.join('\n');
    },
    close: async () => {
      const left = await keys();
      if (left.length > 0) await client.unlink(left);
      await client.close();
    },
  };
}

function newClient() {
  return createClient({ url: process.env['REDIS_URL'] ?? '' });
}

async function textOfKey(client: ReturnType<typeof newClient>, key: string): Promise<string> {
  const type = await client.type(key);
  if (type === 'string') return (await client.get(key)) ?? '';
  if (type === 'zset') return JSON.stringify(await client.zRangeWithScores(key, 0, -1));
  if (type === 'hash') return JSON.stringify(await client.hGetAll(key));
  if (type === 'set') return JSON.stringify(await client.sMembers(key));
  throw new Error(`The dump does not know how to read a ${type}: teach it, or it proves nothing.`);
}
