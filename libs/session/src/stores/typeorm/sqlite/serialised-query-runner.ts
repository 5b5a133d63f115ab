import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import type { Turnstile } from './turnstile.js';

/**
 * A query runner that has the connection to itself from its first query to its release, like the one connection of a pool.
 *
 * TypeORM's SQLite drivers give everybody one shared runner. What one request writes while another's transaction is open then
 * becomes part of that transaction, and is lost without an error when it rolls back.
 */
export class SerialisedQueryRunner extends BetterSqlite3QueryRunner {
  private turn: Promise<() => void> | undefined;

  constructor(
    driver: BetterSqlite3Driver,
    private readonly turnstile: Turnstile,
  ) {
    super(driver);
  }

  /** Every statement comes through here, since none is kept prepared (`statementCacheSize: 0`). */
  override async connect(): Promise<unknown> {
    await (this.turn ??= this.turnstile.enter());
    return super.connect();
  }

  override async release(): Promise<void> {
    const { turn } = this;
    this.turn = undefined;
    await super.release();
    (await turn)?.();
  }
}
