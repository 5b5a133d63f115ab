import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { forgottenAt, pace, type PacedCount, unpace } from '../../core/login/pacing.js';
import { type CountedHit, Counters, type CountingRule, type PacingRule } from '../../core/ports/counters.js';
import { DatabaseLink } from './database-link.js';
import { numberOf } from './record-row.js';
import type { SqlConnection } from './sql-connection.js';
import { type SqlTables, tablesOf } from './sql-tables.js';
import { Sweep } from './sweep.js';

/** How {@link TypeOrmCounters} use their database. */
export interface TypeOrmCountersOptions {
  /** Milliseconds that one call may take. Default 2,000. */
  readonly deadline?: number;
}

/** Every so many hits the counts of windows that have ended are removed. */
const SWEEP_EVERY = 100;

/** Counts in SQL, across instances. Given a data source, as `TypeOrmSessionStore` is. Windows are kept to the millisecond. */
export class TypeOrmCounters extends Counters {
  private readonly link: DatabaseLink;
  private readonly sweep: Sweep;
  private known: SqlTables | undefined;
  private hits = Math.floor(Math.random() * SWEEP_EVERY);

  /** @throws InvalidOptionsError for an engine that is not supported */
  constructor(dataSource: DataSource, options: TypeOrmCountersOptions = {}) {
    super();
    this.link = new DatabaseLink(dataSource, options.deadline ?? 2_000);
    this.sweep = new Sweep(() => this.tables);
  }

  async hit(rule: CountingRule, key: string): Promise<CountedHit> {
    const [hits, resetIn] = await this.link.step((connection) => this.count(connection, idOf(rule, key), rule.window));
    await this.sweepInPassing();
    return { allowed: hits <= rule.limit, count: hits, resetIn: Math.max(0, resetIn) };
  }

  async undo(rule: CountingRule, key: string): Promise<void> {
    await this.link.change((connection) => {
      const open = `hits > 0 AND ends_at > ${connection.engine.now}`;
      return connection.run(`UPDATE ${this.tables.counts} SET hits = hits - 1 WHERE id = ? AND ${open}`, [idOf(rule, key)]);
    });
  }

  async pace(rule: PacingRule, key: string, now: number, hits = 1): Promise<CountedHit> {
    const id = idOf(rule, key);
    const hit = await this.link.step(async (connection) => {
      const decision = pace(await this.paced(connection, id), rule, now, hits);
      await this.keep(connection, id, decision.next, forgottenAt(decision.next, rule) - now);
      return decision.hit;
    });
    await this.sweepInPassing();
    return hit;
  }

  async unpace(rule: PacingRule, key: string): Promise<void> {
    const id = idOf(rule, key);
    await this.link.step(async (connection) => {
      const stored = await this.paced(connection, id);
      // It is forgotten a window after this, not after its beginning: a row more for a while, and nothing else.
      if (stored) await this.keep(connection, id, unpace(stored), rule.window);
    });
  }

  async reset(rule: CountingRule | PacingRule, key: string): Promise<void> {
    await this.link.change((connection) => connection.run(`DELETE FROM ${this.tables.counts} WHERE id = ?`, [idOf(rule, key)]));
  }

  /** The row that is counted in is locked from the count to the answer, so that each hit gets a number of its own. */
  private async count(connection: SqlConnection, id: string, window: number): Promise<readonly [hits: number, resetIn: number]> {
    const { counts } = this.tables;
    const { now, lock } = connection.engine;
    await this.make(connection, id, window);
    const [row] = await connection.rows(`SELECT hits, ends_at - ${now} AS reset_in FROM ${counts} WHERE id = ?${lock}`, [id]);
    const open = row && numberOf(row, 'reset_in') > 0;
    const [hits, resetIn] = open ? [numberOf(row, 'hits') + 1, numberOf(row, 'reset_in')] : [1, window];
    await connection.run(`UPDATE ${counts} SET hits = ?, ends_at = ${now} + ? WHERE id = ?`, [hits, resetIn, id]);
    return [hits, resetIn];
  }

  /** What is known of paced hits; the row is locked until the decision on it is stored. */
  private async paced(connection: SqlConnection, id: string): Promise<PacedCount | undefined> {
    await this.make(connection, id, 0);
    const columns = 'hits, began_at, paused_until';
    const [row] = await connection.rows(`SELECT ${columns} FROM ${this.tables.counts} WHERE id = ?${connection.engine.lock}`, [
      id,
    ]);
    const count = row ? numberOf(row, 'hits') : 0;
    if (!row || count === 0) return undefined;
    return { count, since: numberOf(row, 'began_at'), until: numberOf(row, 'paused_until') };
  }

  /** @param lifetime milliseconds after which the row may be removed */
  private keep(connection: SqlConnection, id: string, { count, since, until }: PacedCount, lifetime: number): Promise<number> {
    const columns = `hits = ?, began_at = ?, paused_until = ?, ends_at = ${connection.engine.now} + ?`;
    return connection.run(`UPDATE ${this.tables.counts} SET ${columns} WHERE id = ?`, [count, since, until, lifetime, id]);
  }

  /** Makes the row if there is none, and locks it. */
  private async make(connection: SqlConnection, id: string, lifetime: number): Promise<void> {
    const { now, upsert } = connection.engine;
    const columns = '(id, hits, began_at, paused_until, ends_at)';
    const insert = `INSERT INTO ${this.tables.counts} ${columns} VALUES (?, 0, 0, 0, ${now} + ?)${upsert('id', ['id'])}`;
    await connection.run(insert, [id, lifetime]);
  }

  private async sweepInPassing(): Promise<void> {
    this.hits += 1;
    if (this.hits % SWEEP_EVERY === 0) await this.link.step((connection) => this.sweep.counts(connection)).catch(() => undefined);
  }

  private get tables(): SqlTables {
    return (this.known ??= tablesOf(this.link.dataSource));
  }
}

/** Rule and key in one: with the length of the first, so that no two pairs are spelt alike. */
function idOf({ name }: CountingRule | PacingRule, key: string): string {
  return createHash('sha256').update(`${name.length}:${name}${key}`).digest('base64url');
}
