import { randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { InvalidOptionsError } from '../errors.js';
import type { CountingRule } from '../ports/counters.js';
import type { SessionLimit } from '../ports/session-store.js';
import type { RefreshRule } from '../refresh/refresh-decision.js';
import type { Revocation } from '../revocation/freshness.js';
import { decodeBase64url } from '../secrets/base64url.js';
import { resolveCookie, type ResolvedCookie } from './cookie-options.js';
import { minutes } from './durations.js';
import { optionFaults } from './option-faults.js';
import { LIFETIME_PRESETS, type Lifetimes } from './lifetime-presets.js';
import type { LifetimeOverrides, LoginLimits, OAuthClient, SessionOptions } from './session-options.js';

/** The options with every default in place and every text decoded. What the rest of the library reads. */
export interface ResolvedOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: readonly Uint8Array[];
  readonly slotSecret: Uint8Array;
  readonly signingKeys: readonly JWK[];
  readonly lifetimes: Lifetimes;
  readonly refresh: RefreshRule;
  readonly limit: SessionLimit | undefined;
  readonly onSuspectedSharing: 'report' | 'revoke';
  readonly onClientChange: 'ignore' | 'report' | 'revoke';
  readonly clockTolerance: number;
  readonly revocation: Revocation;
  readonly clients: readonly OAuthClient[];
  readonly cookie: ResolvedCookie;
  readonly trustedOrigins: ReadonlySet<string>;
  readonly loginRules: { readonly account: CountingRule; readonly address: CountingRule } | undefined;
  readonly random: (bytes: number) => Uint8Array;
}

const LOGIN_LIMITS: LoginLimits = {
  account: { limit: 10, window: minutes(15) },
  address: { limit: 100, window: minutes(15) },
};

/**
 * Applies the defaults and validates: the one place for both `forRoot` and `forRootAsync`.
 * @throws InvalidOptionsError with every fault at once
 */
export function resolveOptions(options: SessionOptions): ResolvedOptions {
  const production = options.production ?? process.env['NODE_ENV'] === 'production';
  const preset = LIFETIME_PRESETS[options.preset ?? 'standard'] ?? LIFETIME_PRESETS.standard;
  const lifetimes = mergeLifetimes(preset, options.lifetimes);
  const limit = options.limit === 'unlimited' ? undefined : (options.limit ?? preset.limit);
  const cookie = resolveCookie(options.cookie);
  const loginLimits = options.loginLimits ?? LOGIN_LIMITS;
  const keys = (options.keys ?? []).map(decodedKey);
  const clockTolerance = options.clockTolerance ?? 0;
  const faults = optionFaults(options, { production, keys, lifetimes, limit, clockTolerance, cookie, loginLimits });
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  const issuer = options.publicUrl.replace(/\/$/, '');
  return {
    issuer,
    audience: options.audience ?? issuer,
    keys: keys.filter((key) => key !== undefined),
    slotSecret: Buffer.from(options.slotSecret ?? `slots of ${issuer}`),
    signingKeys: options.signingKeys,
    lifetimes,
    refresh: { window: lifetimes.refreshWindow, windowFrom: options.windowFrom ?? 'use' },
    limit,
    onSuspectedSharing: options.onSuspectedSharing ?? 'report',
    onClientChange: options.onClientChange ?? 'report',
    clockTolerance,
    revocation: options.revocation ?? 'strict',
    clients: options.clients ?? [],
    cookie,
    trustedOrigins: new Set([new URL(issuer).origin, ...(options.trustedOrigins ?? [])]),
    loginRules:
      loginLimits === 'off'
        ? undefined
        : {
            account: { name: 'login-account', ...loginLimits.account },
            address: { name: 'login-address', ...loginLimits.address },
          },
    random: randomBytes,
  };
}

function mergeLifetimes(preset: Lifetimes, over: LifetimeOverrides = {}): Lifetimes {
  return {
    browser: { ...preset.browser, ...over.browser },
    api: { ...preset.api, ...over.api },
    remembered: { ...preset.remembered, ...over.remembered },
    accessToken: over.accessToken ?? preset.accessToken,
    refreshWindow: over.refreshWindow ?? preset.refreshWindow,
    recentAuthentication: over.recentAuthentication ?? preset.recentAuthentication,
  };
}

/** A key that is missing from the environment arrives as `undefined`: one fault among the others, not a crash. */
function decodedKey(text: unknown): Uint8Array | undefined {
  return typeof text === 'string' ? decodeBase64url(text) : undefined;
}
