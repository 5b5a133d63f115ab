import type { CountedHit, PacingRule } from '../ports/counters.js';

/** What is kept of a key. Times are milliseconds since the epoch. */
export interface PacedCount {
  readonly count: number;
  /** When the window began. */
  readonly since: number;
  /** When the next hit is allowed; 0 = at once. */
  readonly until: number;
}

/**
 * The whole decision about a hit: what is answered, and what is stored afterwards (unchanged where it was refused). Every adapter
 * of the `Counters` port makes it, in one atomic step.
 */
export function pace(
  stored: PacedCount | undefined,
  rule: PacingRule,
  now: number,
  hits = 1,
): { readonly hit: CountedHit; readonly next: PacedCount } {
  const known = stored && now < forgottenAt(stored, rule) ? stored : undefined;
  if (known && now < known.until) return { hit: { allowed: false, count: known.count, resetIn: known.until - now }, next: known };
  const count = (known?.count ?? 0) + hits;
  const pause = count < rule.free ? 0 : Math.min(rule.longest, rule.pause * 2 ** (count - rule.free));
  const since = known && !rule.renews ? known.since : now;
  return { hit: { allowed: true, count, resetIn: pause }, next: { count, since, until: pause === 0 ? 0 : now + pause } };
}

/** What is stored after one hit was taken back. The pause goes with it: it was this hit's. */
export function unpace({ count, since }: PacedCount): PacedCount {
  return { count: Math.max(0, count - 1), since, until: 0 };
}

/** When nothing need be known of a key any more. */
export function forgottenAt({ since, until }: PacedCount, rule: PacingRule): number {
  return Math.max(until, since + rule.window);
}
