import { days, hours, minutes, seconds } from '../options/durations.js';
import type { CountingRule, PacingRule } from '../ports/counters.js';

/** How attempts are slowed down. Durations are milliseconds. */
export interface LoginPace {
  /** Attempts that wait for nothing. */
  readonly free: number;
  /** The wait before the next one; each further attempt doubles it. */
  readonly pause: number;
  /** The longest wait. */
  readonly longest: number;
  /** How long attempts are remembered, from the first of them on. */
  readonly window: number;
}

/** How often a password may be tried (ASVS 6.3.1, NIST SP 800-63B-4 §3.2.2). A good login takes its own attempt back. */
export interface LoginLimits {
  /** Per submitted name, known or not: what strangers share. */
  readonly account: LoginPace;
  /** Per known device of a user, and per live session that proves its password again. */
  readonly device: LoginPace;
  /** Per client address: one of IPv4, a /64 of IPv6. */
  readonly address: LoginPace;
  /** Per block of addresses: a /24 of IPv4, a /48 of IPv6. */
  readonly block: LoginPace;
  /** Failures of one name in a row after which no password is looked at any more until `LoginThrottle.lift`. */
  readonly stopAfter: number;
  readonly spraying: {
    /** How many different names must fail from one address, within the window. */
    readonly names: number;
    readonly window: number;
    /** `delay` uses up what the address has free. */
    readonly policy: 'report' | 'delay';
  };
}

/** The limits unless a host says otherwise. What an attacker gets out of them stands in docs/decisions/0043. */
export const LOGIN_LIMITS: LoginLimits = {
  account: { free: 5, pause: seconds(30), longest: hours(1), window: days(1) },
  device: { free: 10, pause: seconds(30), longest: hours(1), window: days(1) },
  address: { free: 100, pause: seconds(1), longest: minutes(15), window: minutes(15) },
  block: { free: 1_000, pause: seconds(1), longest: minutes(15), window: minutes(15) },
  stopAfter: 100,
  spraying: { names: 20, window: minutes(15), policy: 'delay' },
};

/** What {@link LoginLimits} are counted by. */
export interface LoginRules {
  readonly account: PacingRule;
  readonly device: PacingRule;
  readonly address: PacingRule;
  readonly block: PacingRule;
  readonly stop: PacingRule;
  /** Whether a name has failed from an address before. */
  readonly sprayedName: CountingRule;
  /** The names that have. */
  readonly spraying: CountingRule;
  readonly onSpraying: 'report' | 'delay';
}

/** The stop itself is a pause without end, and failures are forgotten when there was none for a month. */
const FOREVER = days(36_500);
const CONSECUTIVE = days(30);

/** The rules that the limits come to. */
export function loginRulesOf(limits: LoginLimits): LoginRules {
  const { stopAfter, spraying } = limits;
  return {
    account: { name: 'login-account', ...limits.account },
    device: { name: 'login-device', ...limits.device },
    address: { name: 'login-address', ...limits.address },
    block: { name: 'login-block', ...limits.block },
    stop: { name: 'login-stop', free: stopAfter, pause: FOREVER, longest: FOREVER, window: CONSECUTIVE, renews: true },
    sprayedName: { name: 'login-sprayed-name', limit: 1, window: spraying.window },
    spraying: { name: 'login-spraying', limit: spraying.names, window: spraying.window },
    onSpraying: spraying.policy,
  };
}
