import { hours } from '../options/durations.js';
import type { CountingRule } from '../ports/counters.js';
import type { SessionData } from '../session-types.js';

/** How many sessions visitors may begin, since whoever asks may begin one. */
export interface AnonymousLimits {
  /** From one client address: one of IPv4, a /64 of IPv6. */
  readonly address: number;
  /** From one block of addresses: a /24 of IPv4, a /48 of IPv6. */
  readonly block: number;
  /** Within so many milliseconds. */
  readonly window: number;
}

/** The limits unless a host says otherwise. What a flood can fill within them stands in docs/decisions/0050. */
export const ANONYMOUS_LIMITS: AnonymousLimits = { address: 100, block: 1_000, window: hours(1) };

/** What sessions of visitors go by. */
export interface AnonymousRules {
  readonly address: CountingRule;
  readonly block: CountingRule;
  /** What of the data is carried over into the session that the visitor logs in to. */
  readonly carryOver: (data: SessionData) => SessionData;
}

/** The rules that the options come to. */
export function anonymousRulesOf(
  { address, block, window }: AnonymousLimits,
  carryOver: AnonymousRules['carryOver'] = () => ({}),
): AnonymousRules {
  return {
    address: { name: 'anonymous-address', limit: address, window },
    block: { name: 'anonymous-block', limit: block, window },
    carryOver,
  };
}
