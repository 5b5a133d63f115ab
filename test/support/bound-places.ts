import type { SessionStore } from 'nestjs-hybrid-session';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { sessionEntities, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';
import type { FaultyProxy } from './faulty-proxy.js';
import { PostgresServer } from './postgres-server.mjs';
import type { PrivateServer } from './private-server.mjs';
import { RedisServer } from './redis-server.mjs';
import { isThere } from './services.mjs';

/** Milliseconds: that this process revokes is no matter of how busy the machine is. */
export const PATIENCE = 30_000;

/** A store that this process reaches directly, beside the instances, which reach it through a proxy. */
export interface DirectStore {
  readonly store: SessionStore;
  /** Lets the instances listen to the feed of changes, or not. */
  readonly allowFeed: (allowed: boolean) => Promise<void>;
  /** How many listen now, this process included. */
  readonly listeners: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Where instances with copies keep their sessions. */
export interface BoundPlace {
  readonly name: string;
  readonly start: () => Promise<PrivateServer>;
  /** What an instance is told that reaches the server at this port. */
  readonly environment: (server: PrivateServer, port: number) => Record<string, string>;
  readonly open: (server: PrivateServer, proxy: FaultyProxy) => Promise<DirectStore>;
}

const REDIS: BoundPlace = {
  name: 'Redis',
  start: () => RedisServer.start(),
  environment: (_, port) => ({ REDIS_URL: `redis://127.0.0.1:${port}` }),
  open: async ({ url }) => {
    const connected = () =>
      createClient({ url })
        .on('error', () => undefined)
        .connect();
    const [client, subscriber] = await Promise.all([connected(), connected()]);
    return {
      store: new RedisSessionStore(client, { subscriber, deadline: PATIENCE }),
      allowFeed: async (allowed) => {
        await client.sendCommand(['ACL', 'SETUSER', 'default', allowed ? 'allchannels' : 'resetchannels']);
      },
      listeners: async () => Object.values(await client.pubSubNumSub('nhs:changes'))[0] ?? 0,
      close: async () => [client, subscriber].forEach((connection) => connection.destroy()),
    };
  },
};

const POSTGRES: BoundPlace = {
  name: 'PostgreSQL',
  start: () => PostgresServer.start(),
  environment: ({ url }, port) => ({ SESSION_STORE: 'sql', DATABASE_URL: Object.assign(new URL(url), { port }).href }),
  open: async ({ url }, proxy) => {
    const dataSource = await new DataSource({ type: 'postgres', url, entities: sessionEntities, poolSize: 30 }).initialize();
    return {
      store: new TypeOrmSessionStore(dataSource, { deadline: PATIENCE }),
      allowFeed: async (allowed) => proxy.allow('feed', allowed),
      listeners: async () => {
        const rows: readonly unknown[] = await dataSource.query(
          `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN "nhs_proof%'`,
        );
        return rows.length;
      },
      close: () => dataSource.destroy(),
    };
  },
};

/** Those that are on this machine. */
export const BOUND_PLACES: readonly BoundPlace[] = [
  ...(isThere.REDIS_URL ? [REDIS] : []),
  ...(isThere.DATABASE_URL ? [POSTGRES] : []),
];
