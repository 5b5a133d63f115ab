import type { DataSource } from 'typeorm';
import { textOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';

/** What makes a PostgreSQL, or the way to it, unfit to hold sessions. */
export async function postgresFaults(connection: SqlConnection, { options }: DataSource): Promise<readonly string[]> {
  const settings = ['server_version_num', 'synchronous_commit', 'default_transaction_read_only', 'statement_timeout'];
  const asked = settings.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
  const [row = {}] = await connection.rows(`SELECT pg_is_in_recovery() AS standby, ${asked}`);
  const faults: string[] = [];
  if (textOf(row, 'standby') === 'true') {
    faults.push('This PostgreSQL is a standby: connect the session store to the primary.');
  }
  if (textOf(row, 'default_transaction_read_only') === 'on') {
    faults.push(
      'Transactions are read-only here (default_transaction_read_only): connect the session store to the primary, by a role that writes.',
    );
  }
  if (textOf(row, 'synchronous_commit') === 'off') {
    faults.push(
      'PostgreSQL may forget in a crash that a session was ended (synchronous_commit is off): set it to on for this role.',
    );
  }
  if (textOf(row, 'statement_timeout') === '0') {
    faults.push(
      'A statement that waits for a lock goes on after its caller has gone: set extra.statement_timeout of the data source to a few seconds.',
    );
  }
  if (!(limitOf(options) > 0)) {
    faults.push(
      'A connection that is never made is waited for without end: set extra.connectionTimeoutMillis of the data source to a few seconds.',
    );
  }
  return faults;
}

function limitOf(options: object): number {
  const extra: unknown = Reflect.get(options, 'extra');
  const limits = [options, extra].flatMap((from) =>
    typeof from === 'object' && from !== null
      ? ['connectTimeoutMS', 'connectionTimeoutMillis'].map((name) => Number(Reflect.get(from, name) ?? 0))
      : [],
  );
  return Math.max(...limits);
}
