import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { forgottenAt, pace, type PacedCount } from '../../core/login/pacing.js';
import { type CountedHit, Counters, type CountingRule, type PacedKey, type PacingRule } from '../../core/ports/counters.js';
import { DatabaseLink } from './database-link.js';
import { marks } from './chunks.js';
import { numberOf, type Row, textOf } from './record-row.js';
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

const COLUMNS = ['hits', 'began_at', 'paused_until', 'ends_at'];

/** What is stored of an id, and the milliseconds after which its row may be removed. */
interface KeptCount {
  readonly id: string;
  readonly count: PacedCount;
  readonly lifetime: number;
}

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
    const [hit] = await this.paceEach([{ rule, key }], now, hits);
    if (!hit) throw new Error('A hit that was just counted has no answer.');
    return hit;
  }

  override paceInTurn(keys: readonly PacedKey[], now: number): Promise<readonly CountedHit[]> {
    return this.paceEach(keys, now, 1);
  }

  unpace(rule: PacingRule, key: string): Promise<void> {
    return this.takeBack([{ rule, key }]);
  }

  /** One statement. What is forgotten stays as a row without a hit until the next sweep; what is counted on, for a window from now on. */
  override async takeBack(keys: readonly PacedKey[], forgotten: readonly PacedKey[] = []): Promise<void> {
    const gone = forgotten.map(({ rule, key }) => idOf(rule, key));
    const lifetimes = new Map([
      ...keys.map(({ rule, key }): [string, number] => [idOf(rule, key), rule.window]),
      ...gone.map((id): [string, number] => [id, 0]),
    ]);
    if (lifetimes.size === 0) return;
    const { counts } = this.tables;
    const isGone = gone.length === 0 ? '1 = 0' : `${counts}.id IN (${marks(gone)})`;
    const hits = `hits = CASE WHEN ${isGone} OR ${counts}.hits < 1 THEN 0 ELSE ${counts}.hits - 1 END`;
    await this.link.change((connection) => {
      const { sql, values } = this.madeInOrder(connection, lifetimes, ['paused_until', 'ends_at'], [hits]);
      return connection.run(sql, [...values, ...gone]);
    });
  }

  async reset(rule: CountingRule | PacingRule, key: string): Promise<void> {
    await this.link.change((connection) => connection.run(`DELETE FROM ${this.tables.counts} WHERE id = ?`, [idOf(rule, key)]));
  }

  /** The row that is counted in is locked from the count to the answer, so that each hit gets a number of its own. */
  private async count(connection: SqlConnection, id: string, window: number): Promise<readonly [hits: number, resetIn: number]> {
    const { now } = connection.engine;
    const [row] = await this.locked(connection, [id], window, `hits, ends_at - ${now} AS reset_in`);
    const open = row && numberOf(row, 'reset_in') > 0;
    const [hits, resetIn] = open ? [numberOf(row, 'hits') + 1, numberOf(row, 'reset_in')] : [1, window];
    const { counts } = this.tables;
    await connection.run(`UPDATE ${counts} SET hits = ?, ends_at = ${now} + ? WHERE id = ?`, [hits, resetIn, id]);
    return [hits, resetIn];
  }

  private async paceEach(keys: readonly PacedKey[], now: number, hits: number): Promise<readonly CountedHit[]> {
    const paced = keys.map(({ rule, key }) => ({ rule, id: idOf(rule, key) }));
    const ids = paced.map(({ id }) => id);
    const counted = await this.link.step(async (connection) => {
      const known = await this.paced(connection, ids);
      const decisions: CountedHit[] = [];
      const kept: KeptCount[] = [];
      for (const { rule, id } of paced) {
        const { hit, next } = pace(known.get(id), rule, now, hits);
        decisions.push(hit);
        if (!hit.allowed) break; // and nothing of it changes
        kept.push({ id, count: next, lifetime: forgottenAt(next, rule) - now });
      }
      await this.keep(connection, kept);
      return decisions;
    }, ids);
    await this.sweepInPassing();
    return counted;
  }

  /** What is known of paced hits; the rows are locked until the decision on them is stored. */
  private async paced(connection: SqlConnection, ids: readonly string[]): Promise<ReadonlyMap<string, PacedCount>> {
    const rows = await this.locked(connection, ids, 0, 'id, hits, began_at, paused_until');
    const counted = rows.filter((row) => numberOf(row, 'hits') > 0);
    return new Map(
      counted.map((row) => {
        const [count, since, until] = [numberOf(row, 'hits'), numberOf(row, 'began_at'), numberOf(row, 'paused_until')];
        return [textOf(row, 'id'), { count, since, until }];
      }),
    );
  }

  private async keep(connection: SqlConnection, kept: readonly KeptCount[]): Promise<void> {
    if (kept.length === 0) return;
    const { now, upsert } = connection.engine;
    const rows = kept.map(() => `(?, ?, ?, ?, ${now} + ?)`).join(', ');
    const values = kept.flatMap(({ id, count: { count, since, until }, lifetime }) => [id, count, since, until, lifetime]);
    const sql = `INSERT INTO ${this.tables.counts} (id, ${COLUMNS.join(', ')}) VALUES ${rows}${upsert('id', COLUMNS)}`;
    await connection.run(sql, values);
  }

  /** Rows by their ids, made where there are none, and locked. */
  private async locked(
    connection: SqlConnection,
    ids: readonly string[],
    lifetime: number,
    columns: string,
  ): Promise<readonly Row[]> {
    if (ids.length === 0) return [];
    const { sql, values } = this.madeInOrder(connection, new Map(ids.map((id) => [id, lifetime])), ['id']);
    const { returns, lock } = connection.engine;
    if (returns) return connection.rows(`${sql} RETURNING ${columns}`, values);
    await connection.run(sql, values);
    return connection.rows(`SELECT ${columns} FROM ${this.tables.counts} WHERE id IN (${marks(ids)})${lock}`, ids);
  }

  /** Makes rows without a hit, or changes those that there are: in the order of their ids, so that nobody waits for each other. */
  private madeInOrder(
    { engine: { now, upsert } }: SqlConnection,
    lifetimes: ReadonlyMap<string, number>,
    columns: readonly string[],
    more: readonly string[] = [],
  ) {
    const sorted = [...lifetimes].sort(([a], [b]) => (a < b ? -1 : 1));
    const rows = sorted.map(() => `(?, 0, 0, 0, ${now} + ?)`).join(', ');
    const sql = `INSERT INTO ${this.tables.counts} (id, ${COLUMNS.join(', ')}) VALUES ${rows}${upsert('id', columns, more)}`;
    return { sql, values: sorted.flat() };
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
