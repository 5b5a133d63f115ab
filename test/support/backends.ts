import { ADAPTERS } from './host-app.js';
import { PostgresServer } from './postgres-server.mjs';
import type { PrivateServer } from './private-server.mjs';
import { RedisServer } from './redis-server.mjs';
import { isThere } from './services.mjs';

/** A server that instances of the application share. */
export interface Backend {
  readonly name: string;
  /** Starts one of a test's own that comes back from a kill with all that it has answered as done. */
  readonly start: () => Promise<PrivateServer>;
  /** What the application is told of it. */
  readonly environment: (server: PrivateServer) => Record<string, string>;
}

const REDIS: Backend = {
  name: 'one Redis',
  start: () => RedisServer.start({ durable: true }),
  environment: ({ url }) => ({ REDIS_URL: url }),
};

const POSTGRES: Backend = {
  name: 'one PostgreSQL with the users',
  start: () => PostgresServer.start(),
  environment: ({ url }) => ({ DATABASE_URL: url, SESSION_STORE: 'sql' }),
};

/** Those that are on this machine. */
const BACKENDS: readonly Backend[] = [...(isThere.REDIS_URL ? [REDIS] : []), ...(isThere.DATABASE_URL ? [POSTGRES] : [])];

/** Each of them behind another adapter: which of these answers is no matter of what a server does. */
export const BACKENDS_IN_TURN = BACKENDS.map((backend, at) => ({
  adapter: ADAPTERS[at % ADAPTERS.length] ?? 'express',
  name: backend.name,
  backend,
}));
