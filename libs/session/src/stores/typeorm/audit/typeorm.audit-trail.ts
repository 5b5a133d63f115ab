import type { DataSource } from 'typeorm';
import { AuditChain, type AuditPlace } from '../../../core/audit/audit-chain.js';
import type { AuditEntry } from '../../../core/audit/audit-entry.js';
import { plainText } from '../../../core/audit/plain-text.js';
import { StoreUnavailableError } from '../../../core/errors.js';
import { AuditSink } from '../../../core/ports/audit-sink.js';
import { marks } from '../chunks.js';
import { DatabaseLink } from '../database-link.js';
import type { Value } from '../record-row.js';
import { keyRingOf } from './audit-keys.js';
import { AuditQueue } from './audit-queue.js';
import { AuditRows } from './audit-rows.js';
import { type AuditTables, auditTablesOf } from './audit-tables.js';
import { type AuditVerdict, AuditVerifier } from './audit-verifier.js';
import { type AuditDamage, AuditWriter, PRUNED_AT_ONCE } from './audit-writer.js';

/** How a {@link TypeOrmAuditTrail} keeps its entries. Durations are milliseconds. */
export interface TypeOrmAuditTrailOptions {
  /** The key ring of the module: base64url texts. A sub-key of the first vouches for what is written. */
  readonly keys: readonly string[];
  /** How long entries are kept at the least, counted back from the newest. Default: for ever. */
  readonly retention?: number;
  /** For one transaction. Default 2,000. */
  readonly deadline?: number;
  /** How many entries wait at the most while the database is away; further ones are lost. Default 10,000. */
  readonly waiting?: number;
  /** How long a shutdown waits for entries that are not written yet. Default 5,000. */
  readonly patience?: number;
  /** Told once each time that entries cannot be written, and when the end of the trail is found to be damaged. */
  readonly onTrouble?: (trouble: Error) => void;
}

/** Which entries are looked for: all that is given must hold. */
export interface AuditQuery {
  /** Whom it concerns, or who did it. */
  readonly user?: string | undefined;
  /** The type, or the name in OWASP's vocabulary. */
  readonly type?: string | undefined;
  /** Types that are left out. */
  readonly without?: readonly string[] | undefined;
  readonly sessionId?: string | undefined;
  /** Not before this time, in milliseconds since the Unix epoch. */
  readonly since?: number | undefined;
  /** Before this time. */
  readonly until?: number | undefined;
  /** After this place: then the oldest of them come first. */
  readonly after?: number | undefined;
  /** Before this place. */
  readonly before?: number | undefined;
  /** At most so many. Default 100, at most 1,000. */
  readonly limit?: number | undefined;
}

/** An entry, and its place in the trail. */
export interface AuditRecord extends AuditEntry {
  readonly seq: number;
}

const MOST = 1_000;
/** Old entries are looked for once in so many milliseconds of the trail's own time. */
const BETWEEN_PRUNINGS = 3_600_000;

/**
 * The audit trail in PostgreSQL, MySQL, MariaDB or SQLite: one chain over all instances, whose end is vouched for by a key that is not
 * in the database. Given a data source that knows `auditEntities` and has run `auditMigrations`. Entries are written right after the
 * act, off the path of requests; a process that is killed loses those of its last transaction at the most, and while the database is
 * away those that wait.
 */
export class TypeOrmAuditTrail extends AuditSink {
  private readonly link: DatabaseLink;
  private readonly rows: AuditRows;
  private readonly writer: AuditWriter;
  private readonly verifier: AuditVerifier;
  private readonly queue: AuditQueue;
  private known: AuditTables | undefined;
  private prunedAt = 0;

  /** @throws InvalidOptionsError for an engine that is not supported, or keys that are none */
  constructor(
    dataSource: DataSource,
    private readonly options: TypeOrmAuditTrailOptions,
  ) {
    super();
    const chain = new AuditChain(keyRingOf(options.keys));
    this.link = new DatabaseLink(dataSource, options.deadline ?? 2_000);
    this.rows = new AuditRows(() => (this.known ??= auditTablesOf(dataSource)));
    this.writer = new AuditWriter(this.link, this.rows, chain, (damage) => this.tell(damageError(damage)));
    this.verifier = new AuditVerifier(this.link, this.rows, chain);
    const write = (entries: readonly AuditEntry[], mayBeThere: boolean) => this.write(entries, mayBeThere);
    this.queue = new AuditQueue(write, options.waiting ?? 10_000, (cause) => {
      this.tell(new Error(`Entries of the audit trail cannot be written, and wait. ${reasonOf(cause)}`, { cause }));
    });
  }

  /** @throws StoreUnavailableError when too many entries wait already: this one is lost */
  record(entry: AuditEntry): void {
    if (!this.queue.add(entry)) {
      throw new StoreUnavailableError({ cause: new Error(`${this.queue.length} entries of the audit trail wait already.`) });
    }
  }

  /** How many entries are not written yet, and how many never will be. */
  get backlog(): { readonly waiting: number; readonly lost: number } {
    return { waiting: this.queue.length, lost: this.queue.lost };
  }

  /** Waits until what was recorded is written, or cannot be for now. */
  settled(): Promise<void> {
    return this.queue.settled();
  }

  /** @throws Error when entries are left that could not be written: they are lost */
  override async close(): Promise<void> {
    const lost = await this.queue.close(this.options.patience ?? 5_000);
    if (lost > 0) throw new Error(`${lost} entries of the audit trail could not be written, and are lost.`);
  }

  /** Finds entries, those recorded here included: the newest that fit, or the oldest after a place; in the order of the trail. */
  async find(query: AuditQuery): Promise<readonly AuditRecord[]> {
    const { user, type, without = [], sessionId, since, until, after, before, limit = 100 } = query;
    await this.settled();
    const conditions: string[] = [];
    const values: Value[] = [];
    const demand = (condition: string, ...demanded: readonly Value[]) => {
      conditions.push(condition);
      values.push(...demanded);
    };
    if (user !== undefined) demand('(user_id = ? OR actor_id = ?)', plainText(user), plainText(user));
    if (type !== undefined) demand('(type = ? OR owasp = ?)', type, type);
    if (without.length > 0) demand(`type NOT IN (${marks(without)})`, ...without);
    if (sessionId !== undefined) demand('session_id = ?', sessionId);
    if (since !== undefined) demand('at >= ?', since);
    if (until !== undefined) demand('at < ?', until);
    if (after !== undefined) demand('seq > ?', after);
    if (before !== undefined) demand('seq < ?', before);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')} ` : '';
    const isForward = after !== undefined;
    const order = `ORDER BY seq ${isForward ? 'ASC' : 'DESC'} LIMIT ${Math.min(Math.max(1, Math.floor(limit)), MOST)}`;
    const found = await this.link.ask((connection) => this.rows.select(connection, where + order, values));
    const records = found.map(({ seq, text }) => ({ seq, ...readable(text) }));
    return isForward ? records : records.toReversed();
  }

  /** The end of the trail: kept elsewhere, it shows later that the trail has not been put back. @throws StoreUnavailableError */
  async head(): Promise<AuditPlace> {
    await this.settled();
    return this.writer.end();
  }

  /**
   * Looks for the first entry that is missing, or is not what the server wrote. It may be written to meanwhile.
   * @param known a place that the trail is known to have had
   * @throws StoreUnavailableError
   */
  async verify(known?: AuditPlace): Promise<AuditVerdict> {
    await this.settled();
    return this.verifier.verify(known);
  }

  /**
   * Removes the oldest entries, as long as they are older; what is left can be verified as before. Answers how many.
   * @param olderThan milliseconds since the Unix epoch
   * @param now when that is asked for: told in the trail
   * @throws StoreUnavailableError
   */
  async prune(olderThan: number, now = Date.now()): Promise<number> {
    for (let total = 0; ; ) {
      const count = await this.writer.prune(olderThan, now);
      total += count;
      if (count < PRUNED_AT_ONCE) return total;
    }
  }

  private async write(entries: readonly AuditEntry[], mayBeThere: boolean): Promise<void> {
    await this.writer.append(entries, mayBeThere);
    const { retention } = this.options;
    const now = entries.at(-1)?.at ?? 0;
    if (retention === undefined || now - this.prunedAt < BETWEEN_PRUNINGS) return;
    // Old entries that are left for now are no reason to write the new ones again.
    const count = await this.writer.prune(now - retention, now).catch(() => 0);
    if (count < PRUNED_AT_ONCE) this.prunedAt = now;
  }

  private tell(trouble: Error): void {
    this.options.onTrouble?.(trouble);
  }
}

/** Whoever spoilt a text in the database must not keep the others from being read. */
function readable(text: string): AuditEntry {
  try {
    return JSON.parse(text) as AuditEntry;
  } catch {
    return { id: '', at: 0, type: 'audit.unreadable', outcome: 'notice', level: 'warn' };
  }
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return reason instanceof Error ? reason.message : '';
}

function damageError(damage: AuditDamage): Error {
  return new Error(`The end of the audit trail is not what was written there (${damage}): verify the trail.`);
}
