import { dirname, resolve } from 'node:path';
import type { EnvironmentReader } from './environment-reader.js';

/** Where users live: in a file beside the application, or in PostgreSQL. */
export type DatabaseConfig =
  | { readonly engine: 'embedded'; readonly file: string }
  | { readonly engine: 'postgres'; readonly url: string };

/** A Redis that holds sessions. */
export interface RedisConfig {
  readonly kind: 'redis';
  readonly url: string;
  /** Whether another server may come to answer at that address. */
  readonly failsOver?: boolean;
}

/** Where sessions and the counts of login attempts live; `sql`: in the database of the users. */
type SessionStoreConfig = { readonly kind: 'memory' | 'sql' } | RedisConfig;

/** Everything that is kept. */
export interface StorageConfig {
  readonly database: DatabaseConfig;
  readonly sessions: SessionStoreConfig;
  /** The folder for what the application keeps beside itself. */
  readonly folder: string;
}

const DEFAULT_FOLDER = '.data';

/** Reads `DATABASE_URL`, `SESSION_STORE`, `REDIS_URL` and `REDIS_FAILS_OVER`. Relative files are relative to `cwd`. */
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
  const what = /^(mysql|mariadb):/.test(url)
    ? 'names a MySQL: the library keeps sessions there, but this application has its users in PostgreSQL or a file'
    : 'is not understood';
  reader.fault('DATABASE_URL', `${what}: write postgres://user:password@host/database, or file:folder/app.db.`);
  return embedded;
}

function readSessions(reader: EnvironmentReader, production: boolean): SessionStoreConfig {
  const url = reader.text('REDIS_URL');
  const kind = reader.choice('SESSION_STORE', ['memory', 'redis', 'sql']) ?? (url === undefined ? undefined : 'redis');
  if (url !== undefined && !(/^rediss?:\/\//.test(url) && URL.canParse(url))) {
    reader.fault('REDIS_URL', 'is not understood: write redis://host:6379, or rediss:// for TLS.');
  }
  if (kind === 'redis' && url === undefined)
    reader.fault('REDIS_URL', 'is not set, but SESSION_STORE is redis: write redis://host:6379.');
  if (kind === undefined && production) {
    // Instances of which one lacks REDIS_URL would keep sessions in two places, and end them in one.
    reader.fault(
      'SESSION_STORE',
      'is not set: write sql to keep sessions in the database of DATABASE_URL, or redis and set REDIS_URL.',
    );
  }
  const failsOver = reader.flag('REDIS_FAILS_OVER');
  if (kind === 'redis' && url !== undefined) return { kind, url, ...(failsOver === undefined ? {} : { failsOver }) };
  return { kind: kind === 'memory' ? 'memory' : 'sql' };
}
