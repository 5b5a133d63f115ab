import type { EndedSession, EndReason } from '../record/session-record.js';

/** What a store with a journal tells of its own accord. None of it may throw, and none is waited for. */
export interface RelayListener {
  /** Sessions were ended, and this instance is the one that has done it: each is told once, whoever asked for it. */
  ended(sessions: readonly EndedSession[], reason: EndReason): void;
  /** In so many slots the store has applied more than the journal knows: the journal came back from an older copy. */
  journalIsOlder(slots: number): void;
}

/** How late the relay applied what others had left behind. */
export interface RelayLag {
  /** How many entries this instance has applied for others since the start. */
  readonly count: number;
  /** Milliseconds from when the last of them was asked for to when it was applied, by the store's clock. */
  readonly last: number;
  /** The longest of them, in milliseconds. */
  readonly max: number;
}

/** Applies what instances that crashed have written to the journal and not carried out. */
export interface Relay {
  readonly lag: RelayLag;
  /** Begins, and goes on until it is closed. @param onFailure told of a failure that follows a success, or is the first */
  start(onFailure: (error: unknown) => void): void;
  /** Ends it. To be called before the connections of the store and the journal are closed. */
  close(): Promise<void>;
}
