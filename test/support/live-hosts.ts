import { randomBytes } from 'node:crypto';
import { type Counters, MemoryCounters, MemorySessionStore, type SessionStore } from 'nestjs-hybrid-session';
import { RedisCounters, RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { createClient } from 'redis';
import { TestAccounts } from './accounts.js';
import { ADAPTERS, type HostApp, type HostAppOptions, signingKey, startHostApp } from './host-app.js';
import { isThere } from './services.mjs';

/** Where two instances meet: at one Redis, each with connections of its own; in a shared memory where there is none. */
export const MEETINGS = ADAPTERS.map((adapter) => ({
  adapter,
  meeting: isThere.REDIS_URL ? ('redis' as const) : ('memory' as const),
}));

export type Meeting = (typeof MEETINGS)[number];

/** Whose passwords are `<name>-password`. */
const PEOPLE = ['ada', 'bob', 'cleo', 'dora'];

/** Two instances of one application. Nobody is told by the bound, which is a minute: what ends at once was told by the feed. */
export interface Pair {
  readonly one: HostApp;
  readonly two: HostApp;
  readonly close: () => Promise<void>;
}

/** Starts them. */
export async function startPair({ adapter, meeting }: Meeting, given: Partial<HostAppOptions>): Promise<Pair> {
  const place = meeting === 'redis' ? redisPlace() : memoryPlace();
  const common = { keys: [randomBytes(32).toString('base64url')], signingKeys: [await signingKey()], liveWithin: 60_000 };
  const accounts = new TestAccounts();
  for (const name of PEOPLE) accounts.add(name, `${name}-password`);
  const host = async () =>
    startHostApp({
      adapter,
      ...(await place.open()),
      accounts,
      productionClock: true,
      ...given,
      options: { ...common, ...given.options },
    });
  const [one, two] = [await host(), await host()];
  const close = async () => {
    await Promise.all([one.close(), two.close()]);
    await place.close();
  };
  return { one, two, close };
}

interface Place {
  readonly open: () => Promise<{ readonly store: SessionStore; readonly counters: Counters }>;
  readonly close: () => Promise<void>;
}

function memoryPlace(): Place {
  const shared = { store: new MemorySessionStore(), counters: new MemoryCounters() };
  return { open: async () => shared, close: async () => {} };
}

function redisPlace(): Place {
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const ends: (() => Promise<void>)[] = [];
  const connect = async () => {
    const client = createClient({ url: process.env['REDIS_URL'] ?? '' });
    client.on('error', () => {}); // a lost connection shows in the calls
    await client.connect();
    ends.push(() => client.close());
    return client;
  };
  return {
    open: async () => {
      const [client, subscriber] = [await connect(), await connect()];
      return { store: new RedisSessionStore(client, { prefix, subscriber }), counters: new RedisCounters(client, { prefix }) };
    },
    close: async () => {
      const client = await connect();
      for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) {
        if (keys.length > 0) await client.unlink(keys);
      }
      await Promise.all(ends.map((end) => end()));
    },
  };
}
