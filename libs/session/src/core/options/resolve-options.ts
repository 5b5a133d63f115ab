import { randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { ANONYMOUS_LIMITS, anonymousRulesOf, type AnonymousRules } from '../anonymous/anonymous-limits.js';
import { DEFAULT_CLIENT_POLICIES, type ClientPolicies } from '../client/client-policies.js';
import { InvalidOptionsError } from '../errors.js';
import { LOGIN_LIMITS, loginRulesOf, type LoginLimits, type LoginRules } from '../login/login-limits.js';
import type { FormerSessions } from '../ports/former-sessions.js';
import type { Locate } from '../ports/locate.js';
import type { GateLimits } from '../outage/store-gate.js';
import type { SessionLimit } from '../ports/session-store.js';
import type { SigningKeyStore } from '../ports/signing-key-store.js';
import { PUBLISHED_BEFORE } from '../tokens/stored-keys/key-schedule.js';
import type { KeyRotationRule } from '../tokens/stored-keys/signing-key-rotation.js';
import type { RefreshRule } from '../refresh/refresh-decision.js';
import type { Revocation } from '../revocation/freshness.js';
import { decodeBase64url } from '../secrets/base64url.js';
import type { SignalsOptions } from '../signals/signals-options.js';
import { resolveCookie, type ResolvedCookie } from './cookie-options.js';
import { LIVE_WITHIN } from './live-faults.js';
import { optionFaults } from './option-faults.js';
import { LIFETIME_PRESETS, type Lifetimes } from './lifetime-presets.js';
import type { DpopOptions, LifetimeOverrides, OAuthClient, SessionOptions } from './session-options.js';

/** The options with every default in place and every text decoded. What the rest of the library reads. */
export interface ResolvedOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: readonly Uint8Array[];
  readonly slotSecret: Uint8Array;
  readonly signingKeys: readonly JWK[];
  readonly signingKeyStore: SigningKeyStore | undefined;
  readonly keyRotation: KeyRotationRule;
  readonly lifetimes: Lifetimes;
  readonly refresh: RefreshRule;
  readonly limit: SessionLimit | undefined;
  readonly onSuspectedSharing: 'report' | 'revoke';
  readonly onClientChange: ClientPolicies;
  readonly locate: Locate | undefined;
  readonly formerSessions: FormerSessions | undefined;
  readonly clockTolerance: number;
  readonly revocation: Revocation;
  readonly liveWithin: number;
  readonly acrValues: readonly string[];
  readonly storeLimits: GateLimits;
  readonly clients: readonly OAuthClient[];
  readonly dpop: Required<DpopOptions>;
  readonly cookie: ResolvedCookie;
  readonly anonymous: AnonymousRules | undefined;
  readonly trustedOrigins: ReadonlySet<string>;
  readonly loginRules: LoginRules | undefined;
  readonly signals: SignalsOptions | undefined;
  readonly random: (bytes: number) => Uint8Array;
}

const DPOP: Required<DpopOptions> = { mode: 'accepted', nonces: false, origins: [] };
/** 90 days. */
const KEYS_SIGN_FOR = 90 * 86_400_000;
const STORE_LIMITS: GateLimits = { deadline: 2_000, underWay: 1_000 };

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
  const loginLimits = mergeLimits(options.loginLimits);
  const keys = (options.keys ?? []).map(decodedKey);
  const clockTolerance = options.clockTolerance ?? 0;
  const storeLimits = { ...STORE_LIMITS, ...options.storeLimits };
  const anonymous = options.anonymous && { ...ANONYMOUS_LIMITS, ...options.anonymous.limits };
  const keyRotation = rotationRule(options, lifetimes.accessToken + clockTolerance);
  const draft = { production, keyRotation, keys, lifetimes, limit, clockTolerance, cookie, loginLimits, storeLimits, anonymous };
  const faults = optionFaults(options, draft);
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  const issuer = options.publicUrl.replace(/\/$/, '');
  return {
    issuer,
    audience: options.audience ?? issuer,
    keys: keys.filter((key) => key !== undefined),
    slotSecret: Buffer.from(options.slotSecret ?? `slots of ${issuer}`),
    signingKeys: options.signingKeys ?? [],
    signingKeyStore: options.signingKeyStore,
    keyRotation,
    lifetimes,
    refresh: { window: lifetimes.refreshWindow, windowFrom: options.windowFrom ?? 'use' },
    limit,
    onSuspectedSharing: options.onSuspectedSharing ?? 'report',
    onClientChange: { ...DEFAULT_CLIENT_POLICIES, ...options.onClientChange },
    locate: options.locate,
    formerSessions: options.formerSessions,
    clockTolerance,
    revocation: options.revocation ?? 'strict',
    liveWithin: options.liveWithin ?? LIVE_WITHIN,
    acrValues: options.acrValues ?? ['aal1'],
    storeLimits,
    clients: options.clients ?? [],
    dpop: { ...DPOP, ...options.dpop },
    cookie,
    anonymous: anonymous && anonymousRulesOf(anonymous, options.anonymous?.carryOver),
    trustedOrigins: new Set([new URL(issuer).origin, ...(options.trustedOrigins ?? [])]),
    loginRules: loginLimits === 'off' ? undefined : loginRulesOf(loginLimits),
    signals: options.signals,
    random: randomBytes,
  };
}

function rotationRule({ keyRotation, signingKeys = [] }: SessionOptions, believedFor: number): KeyRotationRule {
  const { algorithm = 'Ed25519', every = KEYS_SIGN_FOR } = keyRotation ?? {};
  const firstAfter = signingKeys.length > 0 ? PUBLISHED_BEFORE : 0;
  return { algorithm, every: every === 'never' ? undefined : every, firstAfter, believedFor };
}

function mergeLifetimes(preset: Lifetimes, over: LifetimeOverrides = {}): Lifetimes {
  return {
    browser: { ...preset.browser, ...over.browser },
    api: { ...preset.api, ...over.api },
    remembered: { ...preset.remembered, ...over.remembered },
    visitor: { ...preset.visitor, ...over.visitor },
    accessToken: over.accessToken ?? preset.accessToken,
    refreshWindow: over.refreshWindow ?? preset.refreshWindow,
    recentAuthentication: over.recentAuthentication ?? preset.recentAuthentication,
  };
}

function mergeLimits(over: SessionOptions['loginLimits'] = {}): LoginLimits | 'off' {
  if (over === 'off') return 'off';
  return {
    account: { ...LOGIN_LIMITS.account, ...over.account },
    device: { ...LOGIN_LIMITS.device, ...over.device },
    address: { ...LOGIN_LIMITS.address, ...over.address },
    block: { ...LOGIN_LIMITS.block, ...over.block },
    stopAfter: over.stopAfter ?? LOGIN_LIMITS.stopAfter,
    spraying: { ...LOGIN_LIMITS.spraying, ...over.spraying },
  };
}

/** A key that is missing from the environment arrives as `undefined`: one fault among the others, not a crash. */
function decodedKey(text: unknown): Uint8Array | undefined {
  return typeof text === 'string' ? decodeBase64url(text) : undefined;
}
