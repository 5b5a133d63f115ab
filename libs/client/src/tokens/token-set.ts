import type { ClientClock } from '../client-clock.js';

/** The tokens of one login, as they are stored. */
export interface TokenSet {
  /** Made at the login and kept by refreshes: tells this login from another in the same storage. Not a secret. */
  readonly login: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly scheme: 'Bearer' | 'DPoP';
  /** Milliseconds, from `expires_in`; 0 where the server did not say. */
  readonly lifetime: number;
  /** When they were asked for, by the device's clock: the server issued them no earlier. */
  readonly askedAt: number;
  /** By the device's clock, when no older refresh can be under way any more; mostly 0. */
  readonly settledAt: number;
}

/** Tokens in the hand of one client. */
export interface HeldTokens extends TokenSet {
  /** When they were asked for, by this client's monotonic clock. */
  readonly since: number;
}

const EARLY = 30_000;
const LATEST = 5_000;

/** Takes tokens that were stored, by whom and whenever. Where the device's clock went back, nothing is known of their age. */
export function hold(tokens: TokenSet, clock: ClientClock): HeldTokens {
  const age = clock.wall() - tokens.askedAt;
  return { ...tokens, since: age < 0 ? -Infinity : clock.monotonic() - age };
}

/** Whether it is time to refresh: the last fifth of their life, at most its last 30 seconds. */
export function isDue(tokens: HeldTokens, clock: ClientClock): boolean {
  return tokens.lifetime > 0 && ageOf(tokens, clock) >= tokens.lifetime - Math.min(EARLY, tokens.lifetime / 5);
}

/** Whether a request that leaves now can still arrive in time. */
export function isUsable(tokens: HeldTokens, clock: ClientClock): boolean {
  return tokens.lifetime === 0 || ageOf(tokens, clock) < tokens.lifetime - Math.min(LATEST, tokens.lifetime / 20);
}

/** The older of two: the monotonic clock stands still while a device sleeps, the device's clock may be set back. */
function ageOf({ since, askedAt }: HeldTokens, clock: ClientClock): number {
  return Math.max(clock.monotonic() - since, clock.wall() - askedAt);
}

/** Reads what was stored; `undefined` for anything that this client has not written. */
export function parseTokenSet(text: string | null | undefined): TokenSet | undefined {
  const value = members(text);
  const { login, accessToken, refreshToken, scheme, lifetime, askedAt, settledAt } = value;
  if (typeof login !== 'string' || typeof accessToken !== 'string' || typeof refreshToken !== 'string') return undefined;
  if (scheme !== 'Bearer' && scheme !== 'DPoP') return undefined;
  if (typeof lifetime !== 'number' || typeof askedAt !== 'number' || typeof settledAt !== 'number') return undefined;
  return { login, accessToken, refreshToken, scheme, lifetime, askedAt, settledAt };
}

function members(text: string | null | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
