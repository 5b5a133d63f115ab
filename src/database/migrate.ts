import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';

/** Names our migrations among the advisory locks of the PostgreSQL database. */
const LOCK = 7_203_551_864;
const PATIENCE = 60_000;
const BETWEEN_TRIES = 200;

/** Runs the migrations that are due. Instances that start together take turns: on PostgreSQL two at once would crash each other. */
export async function migrate(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type !== 'postgres') {
    await dataSource.runMigrations();
    return;
  }
  // The lock belongs to this transaction: however it ends, the lock is gone with it.
  await dataSource.transaction(async (manager) => {
    await takeTurn(manager);
    await dataSource.runMigrations();
  });
}

/** Asks again and again instead of waiting in the database, where the statement deadline would end the wait. */
async function takeTurn(manager: EntityManager): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE;
  while (!(await isLocked(manager))) {
    if (Date.now() > giveUpAt) throw new Error('Another instance has been migrating the database for a minute: look at its log.');
    await wait(BETWEEN_TRIES);
  }
}

async function isLocked(manager: EntityManager): Promise<boolean> {
  const [row] = await manager.query<readonly { locked: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS locked', [LOCK]);
  return row?.locked === true;
}
