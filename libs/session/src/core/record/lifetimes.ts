import type { SessionRecord } from './session-record.js';

/** How long one kind of session lives. Milliseconds. */
export interface Lifetime {
  /** How long it may stay unused. */
  readonly idle: number;
  /** How long it may live at all, used or not. */
  readonly absolute: number;
}

type Mortal = Pick<SessionRecord, 'lastSeenAt' | 'idleTimeout' | 'expiresAt'>;

/** When a session ends if nobody uses it again: the earlier of its idle and its absolute end. */
export function effectiveEnd(session: Mortal): number {
  return Math.min(session.lastSeenAt + session.idleTimeout, session.expiresAt);
}

/**
 * Where a session expires: here, for cookie and refresh chain alike (P10), on every store. Asked as "not known to live": what is
 * no number, such as a `lastSeenAt` that someone spoilt in the store, must not make a session that never ends (P6).
 */
export function isExpired(session: Mortal, now: number): boolean {
  return !(now < effectiveEnd(session));
}

/**
 * How stale `lastSeenAt` may get before a request moves it. A write per request is what makes session stores slow; a thirtieth
 * of the idle timeout (at most a minute) errs on the safe side: a session ends at most that much early, never late.
 */
export function touchInterval(idleTimeout: number): number {
  return Math.min(60_000, Math.floor(idleTimeout / 30));
}
