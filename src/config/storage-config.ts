import { dirname, resolve } from 'node:path';
import type { EnvironmentReader } from './environment-reader.js';

/** Where users live: in a file beside the application, or in PostgreSQL. */
export type DatabaseConfig =
  | { readonly engine: 'embedded'; readonly file: string }
  | { readonly engine: 'postgres'; readonly url: string };

/** Where sessions and the counts of login attempts live. */
export type SessionStoreConfig = { readonly kind: 'memory' } | { readonly kind: 'redis'; readonly url: string };

/** Everything that is kept. */
export interface StorageConfig {
  readonly database: DatabaseConfig;
  readonly sessions: SessionStoreConfig;
  /** The folder for what the application keeps beside itself. */
  readonly folder: string;
}

const DEFAULT_FOLDER = '.data';

/** Reads `DATABASE_URL`, `SESSION_STORE` and `REDIS_URL`. Relative files are relative to `cwd`. */
export function readStorage(reader: EnvironmentReader, production: boolean, cwd: string): StorageConfig {
  const database = readDatabase(reader, production, cwd);
  return {
    database,
    sessions: readSessions(reader, production),
    folder: database.engine === 'embedded' ? dirname(database.file) : resolve(cwd, DEFAULT_FOLDER),
  };
}

function readDatabase(reader: EnvironmentReader, production: boolean, cwd: string): DatabaseConfig {
  const url = reader.text('DATABASE_URL');
  const embedded = { engine: 'embedded', file: resolve(cwd, DEFAULT_FOLDER, 'app.db') } as const;
  if (url === undefined) {
    if (production) reader.fault('DATABASE_URL', 'is not set: write postgres://user:password@host/database.');
    return embedded;
  }
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return { engine: 'postgres', url };
  if (/^file:./.test(url))
    return { engine: 'embedded', file: resolve(cwd, url.slice('file:'.length).replace(/^\/\/(?=\/)/, '')) };
  // The text itself is not repeated: it may hold a password.
  reader.fault('DATABASE_URL', 'is not understood: write postgres://user:password@host/database, or file:folder/app.db.');
  return embedded;
}

function readSessions(reader: EnvironmentReader, production: boolean): SessionStoreConfig {
  const url = reader.text('REDIS_URL');
  const kind = reader.choice('SESSION_STORE', ['memory', 'redis', 'sql']) ?? (url === undefined ? undefined : 'redis');
  if (url !== undefined && !(/^rediss?:\/\//.test(url) && URL.canParse(url))) {
    reader.fault('REDIS_URL', 'is not understood: write redis://host:6379, or rediss:// for TLS.');
  }
  if (kind === 'sql') reader.fault('SESSION_STORE', 'sql is not built yet: use memory or redis.');
  if (kind === 'redis' && url === undefined)
    reader.fault('REDIS_URL', 'is not set, but SESSION_STORE is redis: write redis://host:6379.');
  if (kind === undefined && production) {
    const cure = 'or write SESSION_STORE=memory if a single instance that logs everyone out when it restarts is enough';
    reader.fault('REDIS_URL', `is not set: write redis://host:6379, ${cure}.`);
  }
  return kind === 'redis' && url !== undefined ? { kind, url } : { kind: 'memory' };
}
