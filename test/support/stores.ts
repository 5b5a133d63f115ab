import { randomBytes } from 'node:crypto';
import { MemoryCounters, MemorySessionStore, type Counters, type SessionStore } from 'nestjs-hybrid-session';
import { RedisCounters, RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { TypeOrmCounters, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { ENGINES, type Engine } from '../../src/database/testing/engines.js';
import { ADAPTERS, type AdapterName } from './host-app.js';

export type StoreName = 'memory' | 'redis' | Engine['name'];

/**
 * The stores whose data lie outside of this process. Rows of a server that is not on this machine are left out, which the run says
 * loudly, and which is an error in CI.
 */
export const DURABLE_STORES: readonly StoreName[] = [
  ...(process.env['REDIS_URL'] ? (['redis'] as const) : []),
  ...ENGINES.map(({ name }) => name),
];

/** Every HTTP adapter with every store. */
export const MATRIX: readonly { readonly adapter: AdapterName; readonly storeName: StoreName }[] = ADAPTERS.flatMap((adapter) =>
  (['memory', ...DURABLE_STORES] as const).map((storeName) => ({ adapter, storeName })),
);

/** Every store, before one adapter and the next in turn: for what an adapter has no part in beyond passing it on. */
export const IN_TURN: typeof MATRIX = (['memory', ...DURABLE_STORES] as const).map((storeName, at) => ({
  adapter: ADAPTERS[at % ADAPTERS.length] ?? 'express',
  storeName,
}));

/** Memory and Redis before each adapter, the engines of SQL in turn: for the properties of the design, which are raced (rounds.ts). */
export const PROPERTY_MATRIX: typeof MATRIX = [
  ...MATRIX.filter(({ storeName }) => storeName === 'memory' || storeName === 'redis'),
  ...IN_TURN.filter(({ storeName }) => storeName !== 'memory' && storeName !== 'redis'),
];

/** A store of the test's own, and its end. */
export interface OpenStore {
  readonly store: SessionStore;
  readonly counters: Counters;
  /** Every key and value that it holds, as text; empty for the store that has no server. */
  readonly dump: () => Promise<string>;
  /** Changes a text where it lies, in the sealed part of whichever record holds it, behind the store's back. */
  readonly spoil: (text: string, by: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens a store that shares nothing with other tests. */
export async function openStore(name: StoreName): Promise<OpenStore> {
  const engine = ENGINES.find((one) => one.name === name);
  if (engine) return openSql(engine);
  return name === 'redis' ? openRedis() : openMemory();
}

function openMemory(): OpenStore {
  return {
    store: new MemorySessionStore(),
    counters: new MemoryCounters(),
    dump: async () => '',
    spoil: noServer,
    close: async () => {},
  };
}

async function noServer(): Promise<never> {
  throw new Error('This store has no server that data lie in.');
}

async function openRedis(): Promise<OpenStore> {
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
    dump: async () => {
      const lines: string[] = [];
      for (const key of await keys()) lines.push(key, await textOfKey(client, key));
      return lines.join('\n');
    },
    spoil: async (text, by) => {
      for (const key of await keys()) {
        const value = (await client.type(key)) === 'string' ? ((await client.get(key)) ?? '') : '';
        if (value.includes(text)) await client.set(key, value.replace(text, by), { expiration: 'KEEPTTL' });
      }
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

async function openSql({ open }: Engine): Promise<OpenStore> {
  const { dataSource, close } = await open();
  return {
    store: new TypeOrmSessionStore(dataSource, { deadline: PATIENCE }),
    counters: new TypeOrmCounters(dataSource, { deadline: PATIENCE }),
    dump: async () => {
      const lines: string[] = [];
      for (const { tableName } of dataSource.entityMetadatas) {
        lines.push(tableName, JSON.stringify(await dataSource.query(`SELECT * FROM ${tableName}`)));
      }
      return lines.join('\n');
    },
    spoil: async (text, by) => {
      await dataSource.query(`UPDATE nhs_sessions SET sealed = REPLACE(sealed, '${text}', '${by}')`);
    },
    close,
  };
}

/** Races of hundreds take turns at one user's fence: how fast is the machine's affair. */
const PATIENCE = 30_000;
