import type { SessionEvent } from '../events.js';
import type { StoreState } from '../outage/store-health.js';
import type { SessionCensus } from './session-store.js';

/** What a store is asked: the methods of the session store, and of the counters. */
export type StoreOperation =
  | ('time' | 'faults' | 'fence' | 'moveFence' | 'create' | 'find' | 'endReason' | 'touch' | 'used' | 'rotate' | 'renew')
  | ('write' | 'revoke' | 'revokeAll' | 'revokeEveryone' | 'list' | 'census')
  | ('hit' | 'undo' | 'pace' | 'unpace' | 'reset');

/** A call of a store that is over. */
export interface StoreCall {
  readonly operation: StoreOperation;
  /** How many records a look-up asks for; 1 for everything else. Look-ups of requests that wait in the same turn travel together. */
  readonly records: number;
  /** When it was made, by this machine's clock: milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Milliseconds that its caller waited, the gate before the store included. */
  readonly duration: number;
  /** `unavailable`: it was not answered in time, or refused unasked because others were not; of several records, at least one was not. */
  readonly outcome: 'ok' | 'unavailable' | 'error';
  /** What it threw, unless it is `ok`. */
  readonly error?: unknown;
}

/** What can be asked at any time, such as by a scrape. */
export interface TelemetrySources {
  /** What this instance knows of its session store, without asking it. */
  readonly storeState: () => StoreState;
  /**
   * How many sessions live, on each channel; `undefined` where the store cannot count. It asks the store, and costs in proportion to the
   * number of sessions ({@link SessionStore.census}).
   * @throws StoreUnavailableError
   */
  readonly census: () => Promise<SessionCensus | undefined>;
  /** How often a sink of the audit trail, or a listener, has failed since the start. */
  readonly auditFailures: () => number;
}

/**
 * Is told how the sessions do, for metrics, traces and logs: override what you want to know. What it throws, or rejects, harms nothing, and is
 * told as a listener that fails. Nothing waits for it; and it is told everything at once, so it must be quick. Without any, nothing is
 * measured.
 */
export abstract class Telemetry {
  /** Once, before anything else. */
  begin(_sources: TelemetrySources): void {}

  /** A call of a store is over. Told in the asynchronous context of its caller, so that a trace finds its parent. */
  storeCalled(_call: StoreCall): void {}

  /**
   * The feed of changes told that a session was ended or changed: how long after that, in milliseconds by the store's clock, as exact
   * as that is known, some 1 or 2 ms. Changes of this instance's own are among them.
   */
  changeHeard(_lag: number): void {}

  /** What the audit trail and `onEvent` are told, too: it names users and sessions. */
  happened(_event: SessionEvent): void {}
}
