import type { Lifetime } from '../record/lifetimes.js';
import type { SessionLimit } from '../ports/session-store.js';
import { days, hours, minutes, seconds } from './durations.js';

/** Every duration that governs sessions, in milliseconds. */
export interface Lifetimes {
  readonly browser: Lifetime;
  readonly api: Lifetime;
  /** "Remember me": a lifetime of its own, not a longer cookie. */
  readonly remembered: Lifetime;
  /** Of visitors who are no users (`anonymous`). */
  readonly visitor: Lifetime;
  readonly accessToken: number;
  /** How long a refresh token's predecessor stays good after the token was first used. */
  readonly refreshWindow: number;
  /** How recent an authentication `@RequireRecentAuth()` asks for. */
  readonly recentAuthentication: number;
}

/** Presets after NIST SP 800-63B-4 §2.1.3, §2.2.3, §2.3.3; `standard` is the default. */
export type LifetimePreset = 'aal1' | 'standard' | 'aal2' | 'aal3';

const AAL1: Lifetime = { idle: days(7), absolute: days(30) };
const AAL2: Lifetime = { idle: hours(1), absolute: hours(24) };
const AAL3: Lifetime = { idle: minutes(15), absolute: hours(12) };
/** Whoever asks may begin one: so they are short, and what a flood of them can fill is bounded (docs/decisions/0050). */
const VISITOR: Lifetime = { idle: hours(4), absolute: days(1) };
const LONG: Lifetime = { idle: days(14), absolute: days(30) };

export const LIFETIME_PRESETS: Record<LifetimePreset, Lifetimes & { readonly limit?: SessionLimit }> = {
  aal1: {
    browser: AAL1,
    api: AAL1,
    remembered: LONG,
    visitor: VISITOR,
    accessToken: minutes(15),
    refreshWindow: seconds(30),
    recentAuthentication: hours(1),
  },
  standard: {
    browser: { idle: minutes(30), absolute: hours(8) },
    api: LONG,
    remembered: LONG,
    visitor: VISITOR,
    accessToken: minutes(5),
    refreshWindow: seconds(30),
    recentAuthentication: minutes(10),
    limit: { max: 5, policy: 'evict' },
  },
  // From AAL2 up remembering would outlive the longest session that NIST allows: it changes nothing there.
  aal2: {
    browser: AAL2,
    api: AAL2,
    remembered: AAL2,
    visitor: VISITOR,
    accessToken: minutes(5),
    refreshWindow: seconds(30),
    recentAuthentication: minutes(10),
    limit: { max: 5, policy: 'evict' },
  },
  aal3: {
    browser: AAL3,
    api: AAL3,
    remembered: AAL3,
    visitor: VISITOR,
    accessToken: minutes(1),
    refreshWindow: 0,
    recentAuthentication: minutes(5),
    limit: { max: 1, policy: 'evict' },
  },
};
