import type { EndReason, SessionRecord } from '../record/session-record.js';
import type { CallerTransaction, OperationId, Spared } from './session-store.js';

/** What a session store that comes back from an older copy must be told again. */
export type JournalAct =
  | { readonly kind: 'end'; readonly id: string; readonly reason: EndReason }
  | { readonly kind: 'endAll'; readonly userId: string; readonly reason: EndReason; readonly spared?: Spared }
  /** A record that must not fall behind this version of itself: it was renewed, or its rights were changed. */
  | { readonly kind: 'keep'; readonly record: SessionRecord }
  /** Ends every session of every user that was created up to the time of the entry. */
  | { readonly kind: 'everyone'; readonly reason: EndReason };

/** An entry that is to be written. Times are milliseconds since the Unix epoch. */
export interface JournalDraft {
  readonly operation: OperationId;
  readonly act: JournalAct;
  /** When the act was asked for. */
  readonly at: number;
  /** Until when the entry may be needed: the absolute end of the longest session that it concerns. */
  readonly until: number;
}

/** An entry as it was written. */
export interface JournalEntry extends JournalDraft {
  readonly slot: string;
  /** Its place among the entries of its slot. Entries become visible in the order of these. */
  readonly sequence: number;
  /** Whether it is known to have been applied before: applied again, it tells nothing new. */
  readonly settled: boolean;
}

/** Where drafts were written. */
export interface Appended {
  /** The sequence number of each draft, in their order. */
  readonly sequences: readonly number[];
  /** The last sequence number of the slot before the first of them. */
  readonly previous: number;
}

/** The name under which entries are kept that concern every slot. No slot has it. */
export const EVERY_SLOT = '*';

/**
 * Where endings and renewals are written so that a session store in another engine cannot forget them (design §7). Type and injection
 * token in one. Sequence numbers are given out per slot under a lock that lasts until the commit: so entries become visible in
 * their order, and whoever has seen one has seen all before it. Every method throws {@link StoreUnavailableError}, and nothing else,
 * when the journal cannot be asked.
 */
export abstract class Journal {
  /**
   * Writes entries, all of them or none, above everything that the slot has and above `position`, which is what the session store has
   * applied: a journal that came back older never gives out a number that counts as applied there. An operation that is in the
   * journal already is not written again. With a `transaction` of the caller the entries are part of that.
   */
  abstract append(
    slot: string,
    drafts: readonly JournalDraft[],
    position: number,
    transaction?: CallerTransaction,
  ): Promise<Appended>;

  /** The place of an operation, or `undefined` when it is not in the journal. */
  abstract placeOf(operation: OperationId): Promise<number | undefined>;

  /**
   * The entries after a position in each of these slots, slot by slot and in their order: `limit` at the most, so that no call has more to
   * read than it can within its deadline. Of one that is cut off, the entries of the last slot may not be all.
   */
  abstract after(positions: ReadonlyMap<string, number>, limit: number): Promise<readonly JournalEntry[]>;

  /** The last sequence number of every slot that has one. */
  abstract heads(): Promise<ReadonlyMap<string, number>>;

  /** The same, of the slots that may have entries nobody has applied. Asked again and again, so it must be cheap. */
  abstract unsettled(): Promise<ReadonlyMap<string, number>>;

  /** Notes that these slots have been applied up to these numbers. Only a hint: nothing is skipped by it. */
  abstract settle(applied: ReadonlyMap<string, number>): Promise<void>;

  /** Removes entries that nobody can need any more, some thousands at the most. Answers how many. */
  abstract prune(now: number): Promise<number>;

  /** What makes it unfit to remember, each with its cure: told beside the faults of the session store. */
  async faults(): Promise<readonly string[]> {
    return [];
  }
}
