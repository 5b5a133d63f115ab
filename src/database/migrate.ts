import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { FileLock } from './embedded/file-lock.js';

/** Names our migrations among the advisory locks of the PostgreSQL database. */
const LOCK = 7_203_551_864;
const PATIENCE = 60_000;
const BETWEEN_TRIES = 100;

/** Runs the migrations that are due. Instances that start together take turns: two at once would crash each other. */
export function migrate(dataSource: DataSource): Promise<void> {
  const { options } = dataSource;
  return options.type === 'better-sqlite3' ? migrateFile(dataSource, options.database) : migrateServer(dataSource);
}

async function migrateFile(dataSource: DataSource, file: string): Promise<void> {
  const lock = new FileLock(`${file}.lock`);
  try {
    await takeTurn(async () => lock.take());
    await dataSource.runMigrations();
  } finally {
    lock.release();
  }
}

/** The lock belongs to a transaction: however that ends, the lock is gone with it. */
function migrateServer(dataSource: DataSource): Promise<void> {
  return dataSource.transaction(async (manager) => {
    await takeTurn(() => isLocked(manager));
    await dataSource.runMigrations();
  });
}

/** Asks again and again: a wait inside PostgreSQL would meet the statement deadline, and one inside libsql stop this process. */
async function takeTurn(tryLock: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE;
  while (!(await tryLock())) {
    if (Date.now() > giveUpAt) throw new Error('Another instance has been migrating the database for a minute: look at its log.');
    await wait(BETWEEN_TRIES);
  }
}

async function isLocked(manager: EntityManager): Promise<boolean> {
  const [row] = await manager.query<readonly { locked: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS locked', [LOCK]);
  return row?.locked === true;
}
