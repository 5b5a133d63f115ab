import type { DataSource } from 'typeorm';
import { marks } from './chunks.js';
import { numberOf, type Row, textOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';

/** What makes a MySQL or MariaDB, or the way to it, unfit to hold sessions. */
export async function mysqlFaults(
  connection: SqlConnection,
  _: DataSource,
  tables: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const [version = {}] = await connection.rows('SELECT VERSION() AS version');
  const isolation = /mariadb/i.test(textOf(version, 'version')) ? '@@tx_isolation' : '@@transaction_isolation';
  const [row = {}] = await connection.rows(
    `SELECT VERSION() AS version, ${isolation} AS isolation, @@sql_mode AS mode, @@character_set_client AS charset, @@read_only AS readonly, @@innodb_flush_log_at_trx_commit AS flush`,
  );
  return [...serverFaults(row), ...(await tableFaults(connection, tables))];
}

function serverFaults(row: Row): readonly string[] {
  const faults: string[] = [];
  const version = textOf(row, 'version');
  if (isTooOld(version)) {
    faults.push(`${version} cannot skip rows that others have locked: use MySQL 8.0 or MariaDB 10.6, or later.`);
  }
  if (!/^(READ-COMMITTED|REPEATABLE-READ)$/.test(textOf(row, 'isolation'))) {
    faults.push(`Reads block, or see what is not committed (isolation ${textOf(row, 'isolation')}): use READ-COMMITTED.`);
  }
  const mode = textOf(row, 'mode');
  if (!/STRICT_(TRANS|ALL)_TABLES/.test(mode)) {
    faults.push('MySQL cuts off what is too long, and does not say so: add STRICT_TRANS_TABLES to sql_mode.');
  }
  if (mode.includes('NO_BACKSLASH_ESCAPES')) {
    faults.push(
      'The driver escapes by backslashes, which this server takes for letters: remove NO_BACKSLASH_ESCAPES from sql_mode.',
    );
  }
  if (textOf(row, 'charset') !== 'utf8mb4') {
    faults.push(
      `The connection cannot carry every letter (${textOf(row, 'charset')}): set charset of the data source to utf8mb4.`,
    );
  }
  if (numberOf(row, 'readonly') !== 0) {
    faults.push('This server is read-only: connect the session store to the primary.');
  }
  if (numberOf(row, 'flush') === 0) {
    faults.push('MySQL may forget in a crash that a session was ended: set innodb_flush_log_at_trx_commit to 1.');
  }
  return faults;
}

/** An engine without transactions keeps half of a step, and a collation for people takes two users for one. */
async function tableFaults(connection: SqlConnection, tables: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const names = Object.values(tables).map((table) => table.split('.').at(-1)?.replaceAll('`', '') ?? table);
  const rows = await connection.rows(
    `SELECT TABLE_NAME AS name, ENGINE AS engine, TABLE_COLLATION AS collation FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (${marks(names)})`,
    names,
  );
  return rows.flatMap((row) => {
    const faults: string[] = [];
    const name = textOf(row, 'name');
    if (textOf(row, 'engine') !== 'InnoDB') {
      faults.push(
        `${name} is kept by ${textOf(row, 'engine')}, which knows no transactions: ALTER TABLE ${name} ENGINE = InnoDB.`,
      );
    }
    if (!textOf(row, 'collation').endsWith('_bin')) {
      faults.push(
        `${name} takes different ids for one (collation ${textOf(row, 'collation')}): make it by our migrations, not by synchronize.`,
      );
    }
    return faults;
  });
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return /mariadb/i.test(version) ? major < 10 || (major === 10 && minor < 6) : major < 8;
}
