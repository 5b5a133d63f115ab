import { randomBytes } from 'node:crypto';
import { asciiJson } from '../../../core/audit/ascii-json.js';
import type { AuditChain, AuditPlace, AuditSpan } from '../../../core/audit/audit-chain.js';
import type { AuditEntry, AuditFacts } from '../../../core/audit/audit-entry.js';
import type { DatabaseLink } from '../database-link.js';
import type { SqlConnection } from '../sql-connection.js';
import { type AuditRows, BEGINNING, columnsOf, type StoredEntry, type StoredSpan } from './audit-rows.js';

/** How many entries one call removes at the most: a few milliseconds' work. */
export const PRUNED_AT_ONCE = 2_000;

/** What a trail is found to be when something is written to it. */
export type AuditDamage = 'span' | 'rows' | 'rolled_back';

/** Where a trail goes on, and what was found to be wrong with it. */
interface Ground {
  readonly from: AuditPlace;
  readonly base: AuditPlace;
  readonly damage: AuditDamage | undefined;
}

/**
 * Appends to the chain. Its end is locked meanwhile: instances take turns, so that there is one chain and no fork. What is found to be
 * cut or moved there is told in the trail itself, and gone on after: an attack must not be what silences the trail.
 */
export class AuditWriter {
  /** The end that this process has seen last: a trail that comes back shorter was rolled back. */
  private seen: AuditPlace | undefined;

  constructor(
    private readonly link: DatabaseLink,
    private readonly rows: AuditRows,
    private readonly chain: AuditChain,
    private readonly onDamage: (damage: AuditDamage) => void,
  ) {}

  /**
   * Writes entries, all or none. @throws StoreUnavailableError
   * @param mayBeThere the entries were written before, and the answer was lost
   */
  async append(entries: readonly AuditEntry[], mayBeThere: boolean): Promise<void> {
    const seen = (this.seen ??= await this.end());
    await this.commit(async (connection, ground) => {
      const ids = entries.map(({ id }) => id);
      const known = mayBeThere ? await this.rows.known(connection, ids, seen.seq) : new Set<string>();
      return { base: ground.base, entries: entries.filter(({ id }) => !known.has(id)) };
    });
  }

  /**
   * Removes the oldest entries as long as they are older, some at a time, and notes in the chain how many. Answers how many.
   * @param olderThan milliseconds since the Unix epoch
   * @throws StoreUnavailableError
   */
  async prune(olderThan: number, now: number): Promise<number> {
    this.seen ??= await this.end();
    let count = 0;
    await this.commit(async (connection, ground) => {
      count = 0;
      const end = await this.rows.endOfOld(connection, olderThan, PRUNED_AT_ONCE);
      if (!end || ground.damage) return { base: ground.base, entries: [] };
      count = await this.rows.removeThrough(connection, end.seq);
      const facts = { at: now, type: 'audit.pruned', outcome: 'success', level: 'info', count } as const;
      return { base: end, entries: [entryOf({ ...facts, reason: `older than ${new Date(olderThan).toISOString()}` })] };
    });
    return count;
  }

  /** The end of the chain as the database has it now. @throws StoreUnavailableError */
  async end(): Promise<AuditPlace> {
    return this.link.ask(async (connection) => {
      const [span, last] = [await this.rows.span(connection), await this.rows.last(connection)];
      return [span?.head, last].reduce<AuditPlace>((far, place) => (place && place.seq > far.seq ? place : far), BEGINNING);
    });
  }

  private async commit(
    act: (connection: SqlConnection, ground: Ground) => Promise<{ base: AuditPlace; entries: readonly AuditEntry[] }>,
  ): Promise<void> {
    const { reached, damage } = await this.link.step(async (connection) => {
      const span = await this.rows.lockSpan(connection);
      const ground = await this.examine(connection, span);
      const { base, entries } = await act(connection, ground);
      if (entries.length === 0) return { reached: ground.from, damage: undefined };
      const told = ground.damage ? [damageEntry(ground.damage, entries), ...entries] : entries;
      const stored = this.chained(ground.from, told);
      await this.rows.insert(connection, stored);
      const head = stored.at(-1) ?? ground.from;
      await this.rows.writeSpan(connection, this.vouched({ head: { seq: head.seq, hash: head.hash }, base }));
      return { reached: { seq: head.seq, hash: head.hash }, damage: ground.damage };
    });
    this.seen = reached;
    if (damage) this.onDamage(damage);
  }

  /** Looks at the end, which costs little, and not at what lies before it: that is the verifier's. */
  private async examine(connection: SqlConnection, span: StoredSpan | undefined): Promise<Ground> {
    const last = await this.rows.last(connection);
    const head = span?.head ?? BEGINNING;
    const base = span?.base ?? BEGINNING;
    const { seen = BEGINNING } = this;
    const far = [head, last, seen].reduce<AuditPlace>((most, place) => (place && place.seq > most.seq ? place : most), BEGINNING);
    const isVouched = span ? this.chain.isSpanVouched(span, span) !== false : last === undefined;
    const end = last ?? base; // all entries may have been old enough to go
    const ground = { from: far, base };
    if (!isVouched) return { ...ground, damage: 'span' };
    if (end.seq !== head.seq || end.hash !== head.hash) return { ...ground, damage: 'rows' };
    return { ...ground, damage: (await this.isThere(connection, seen, base)) ? undefined : 'rolled_back' };
  }

  private async isThere(connection: SqlConnection, seen: AuditPlace, base: AuditPlace): Promise<boolean> {
    if (seen.seq < base.seq || seen.seq === 0) return true; // it has been removed since, or there was nothing
    const place = seen.seq === base.seq ? base : await this.rows.at(connection, seen.seq);
    return place?.hash === seen.hash;
  }

  private chained(from: AuditPlace, entries: readonly AuditEntry[]): readonly StoredEntry[] {
    let previous = from;
    return entries.map((entry) => {
      const text = asciiJson(entry);
      const place = { seq: previous.seq + 1, hash: this.chain.hashOf(previous, text) };
      previous = place;
      return { ...place, ...this.chain.vouch(place), text, columns: columnsOf(entry) };
    });
  }

  private vouched(span: AuditSpan): StoredSpan {
    return { ...span, ...this.chain.vouchSpan(span) };
  }
}

/** An entry of the trail's own about itself. */
export function entryOf(facts: AuditFacts): AuditEntry {
  return { id: randomBytes(16).toString('base64url'), ...facts };
}

function damageEntry(damage: AuditDamage, [first]: readonly AuditEntry[]): AuditEntry {
  return entryOf({ at: first?.at ?? 0, type: 'audit.damaged', outcome: 'notice', level: 'warn', reason: damage });
}
