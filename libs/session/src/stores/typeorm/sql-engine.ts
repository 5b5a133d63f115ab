import type { DataSource } from 'typeorm';

/**
 * What became of a statement that failed: others were in the way, or are still writing (SQLite), this library or its host is
 * wrong, a table or column is not there, or the database is away.
 */
export type Failure = 'conflict' | 'busy' | 'fault' | 'missing' | 'away';

/** What differs between the engines, as far as this store meets it. */
export interface SqlEngine {
  readonly name: 'postgres' | 'mysql' | 'sqlite';
  /** Opens a READ COMMITTED transaction. SQLite has one writer at a time instead, and says so at once. */
  readonly begin: readonly string[];
  /** Ends a SELECT that locks what it finds. */
  readonly lock: string;
  /** The same, leaving out what others have locked. */
  readonly lockFree: string;
  /** Whether INSERT and UPDATE can answer with what they wrote. */
  readonly returns: boolean;
  /** Whether one statement can change several tables, and an INSERT take what an UPDATE in the same statement has changed. */
  readonly chains: boolean;
  /** The database's clock: milliseconds since the Unix epoch. */
  readonly now: string;
  /** How an INSERT goes on that shall change these columns where the key is taken, and what else is then to be assigned. */
  readonly upsert: (key: string, columns: readonly string[], more?: readonly string[]) => string;
  /** Writes `?` as the driver wants it. No statement of ours has a `?` that is not a parameter. */
  readonly numbered: (sql: string) => string;
  /** Answers with one row that no other connection has but one that means the same by the name of this table. */
  readonly identity: (table: string) => string;
  readonly judge: (driverError: unknown) => Failure;
}

const CONFLICT = /^(40001|40P01|23505|1213|1020|1062|SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE))/;
/**
 * Wrong data or wrong words: asking again does not help, and it is not the database that is away. SQLSTATE classes 22 and 23 and
 * syntax; of MySQL wrong or too long values, nulls and syntax; of SQLite constraints and types.
 */
const FAULT = /^(22...|23...|42601|1048|1064|1264|1292|1364|1366|1406|SQLITE_(CONSTRAINT|MISMATCH|RANGE|TOOBIG))/;

const MISSING = /^(42P01|42703|3F000|1146|1054)/;

function judge(error: unknown): Failure {
  const code = codeOf(error);
  if (MISSING.test(code) || (error instanceof Error && /^no such (table|column)/.test(error.message))) return 'missing';
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'busy';
  return CONFLICT.test(code) ? 'conflict' : FAULT.test(code) ? 'fault' : 'away';
}

/** SQLSTATE, MySQL's number, or SQLite's word. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('errno' in error && typeof error.errno === 'number' && error.errno > 0) return String(error.errno);
  return 'code' in error ? String(error.code) : '';
}

const onConflict: SqlEngine['upsert'] = (key, columns, more = []) =>
  ` ON CONFLICT (${key}) DO UPDATE SET ${[...columns.map((column) => `${column} = excluded.${column}`), ...more].join(', ')}`;

const POSTGRES: SqlEngine = {
  name: 'postgres',
  begin: ['START TRANSACTION ISOLATION LEVEL READ COMMITTED'],
  lock: ' FOR UPDATE',
  lockFree: ' FOR UPDATE SKIP LOCKED',
  returns: true,
  chains: true,
  now: '(extract(epoch from clock_timestamp()) * 1000)::bigint',
  upsert: onConflict,
  numbered: (sql) => {
    let count = 0;
    return sql.replaceAll('?', () => `$${(count += 1)}`);
  },
  // The table by its number: two schemas of one database have one each of that name.
  identity: (table) =>
    `SELECT current_database() AS name, EXTRACT(EPOCH FROM pg_postmaster_start_time())::text AS server, to_regclass('${table}')::oid::text AS held`,
  judge,
};

const MYSQL: SqlEngine = {
  name: 'mysql',
  begin: ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'START TRANSACTION'],
  lock: ' FOR UPDATE',
  lockFree: ' FOR UPDATE SKIP LOCKED',
  returns: false,
  chains: false,
  now: 'CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)',
  upsert: (_, columns, more = []) =>
    ` ON DUPLICATE KEY UPDATE ${[...columns.map((column) => `${column} = VALUES(${column})`), ...more].join(', ')}`,
  numbered: (sql) => sql,
  identity: () => "SELECT DATABASE() AS name, CONCAT_WS(' ', @@hostname, @@port, @@datadir) AS server",
  judge,
};

const SQLITE: SqlEngine = {
  name: 'sqlite',
  begin: ['BEGIN IMMEDIATE'],
  lock: '',
  lockFree: '',
  returns: true,
  chains: false,
  now: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
  upsert: onConflict,
  numbered: (sql) => sql,
  // One in memory has no name, and is nobody else's: no row, and no answer.
  identity: () => "SELECT file AS name FROM pragma_database_list WHERE name = 'main' AND file <> ''",
  judge,
};

/** The engine of a data source; `undefined` for one that this store does not know. */
export function engineOf({ options: { type } }: DataSource): SqlEngine | undefined {
  if (type === 'postgres') return POSTGRES;
  if (type === 'mysql' || type === 'mariadb') return MYSQL;
  return type === 'better-sqlite3' ? SQLITE : undefined;
}
