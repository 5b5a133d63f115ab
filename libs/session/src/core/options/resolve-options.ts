import { randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { InvalidOptionsError } from '../errors.js';
import type { CountingRule } from '../ports/counters.js';
import type { SessionLimit } from '../ports/session-store.js';
import type { RefreshRule } from '../refresh/refresh-decision.js';
import { boundOf, type Revocation } from '../revocation/freshness.js';
import { decodeBase64url } from '../secrets/base64url.js';
import { DEFAULT_CLIENT_ID } from '../tokens/client-registry.js';
import { signingKeyFaults } from '../tokens/signing-keys.js';
import { cookieFaults, resolveCookie, type ResolvedCookie } from './cookie-options.js';
import { minutes } from './durations.js';
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
const MIN_KEY_BYTES = 32;
const MIN_SECRET_LENGTH = 16;
/** RFC 9068 §4: "no more than a few minutes". */
const MAX_CLOCK_TOLERANCE = minutes(5);

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
  const faults = [
    ...urlFaults(options.publicUrl, production),
    ...(options.preset && !(options.preset in LIFETIME_PRESETS)
      ? [`preset "${options.preset}" is not one of ${Object.keys(LIFETIME_PRESETS).join(', ')}.`]
      : []),
    ...keyRingFaults(keys),
    ...slotSecretFaults(options.slotSecret),
    ...((options.signingKeys ?? []).length === 0 ? ['signingKeys is empty: give at least one private JWK.'] : []),
    ...(options.signingKeys ?? []).flatMap((jwk, i) => signingKeyFaults(jwk ?? {}, `signingKeys[${i}]`)),
    ...duplicateFaults(
      'signingKeys: kid',
      (options.signingKeys ?? []).flatMap((jwk) => jwk?.kid ?? []),
    ),
    ...lifetimeFaults(lifetimes),
    ...(isDuration(clockTolerance) && clockTolerance <= MAX_CLOCK_TOLERANCE
      ? []
      : [`clockTolerance must be 0 to ${MAX_CLOCK_TOLERANCE} ms, not ${clockTolerance}.`]),
    ...(isDuration(boundOf(options.revocation ?? 'strict'))
      ? []
      : ['revocation must be "strict" or { within: milliseconds of 0 or more }.']),
    ...(limit && !(Number.isSafeInteger(limit.max) && limit.max > 0)
      ? [`limit.max must be a whole number above 0, not ${limit.max}.`]
      : []),
    ...duplicateFaults(
      'clients: id',
      (options.clients ?? []).map((client) => client.id),
    ),
    ...(options.clients ?? []).flatMap(clientFaults),
    ...cookieFaults(cookie, production),
    ...(options.trustedOrigins ?? [])
      .filter((origin) => originOf(origin) !== origin)
      .map((origin) => `trustedOrigins: "${origin}" is not an origin: write scheme://host[:port] without a path.`),
    ...(loginLimits === 'off' ? [] : loginFaults(loginLimits)),
  ];
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

function urlFaults(publicUrl: string, production: boolean): string[] {
  const origin = originOf(publicUrl);
  if (!origin || /[?#]/.test(publicUrl)) return [`publicUrl "${publicUrl}" is not a URL: write it as https://app.example.`];
  // Clients compare the issuer letter by letter (RFC 8414 §3.3), so it has one spelling, and never holds a password.
  const path = publicUrl.slice(origin.length);
  if (!publicUrl.startsWith(origin) || (path !== '' && !path.startsWith('/')))
    return [`publicUrl must begin with ${origin}: write it so.`];
  if (production && !origin.startsWith('https:'))
    return [`publicUrl "${publicUrl}" must be https in production: cookies are Secure.`];
  return [];
}

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) ? url.origin : undefined;
}

/** A key that is missing from the environment arrives as `undefined`: one fault among the others, not a crash. */
function decodedKey(text: unknown): Uint8Array | undefined {
  return typeof text === 'string' ? decodeBase64url(text) : undefined;
}

function slotSecretFaults(secret: string | undefined): string[] {
  if (secret === undefined || secret.length >= MIN_SECRET_LENGTH) return [];
  return [`slotSecret is too short: use ${MIN_SECRET_LENGTH} characters or more, or leave it out.`];
}

function keyRingFaults(keys: readonly (Uint8Array | undefined)[]): string[] {
  if (keys.length === 0) return ['keys is empty: give at least one base64url text of 32 random bytes.'];
  return keys.flatMap((key, i) => {
    if (!key) return [`keys[${i}] is missing or not canonical base64url: write it without padding.`];
    return key.byteLength < MIN_KEY_BYTES
      ? [`keys[${i}] has ${key.byteLength} bytes: use ${MIN_KEY_BYTES} or more, from a CSPRNG.`]
      : [];
  });
}

function lifetimeFaults(lifetimes: Lifetimes): string[] {
  const { browser, api, remembered, ...single } = lifetimes;
  const spans = Object.entries({ browser, api, remembered });
  const durations: readonly (readonly [name: string, value: number, least: number])[] = [
    ...spans.flatMap(([name, { idle, absolute }]) => [
      [`${name}.idle`, idle, 1] as const,
      [`${name}.absolute`, absolute, 1] as const,
    ]),
    ['accessToken', single.accessToken, 1000],
    ['refreshWindow', single.refreshWindow, 0],
    ['recentAuthentication', single.recentAuthentication, 1],
  ];
  return [
    ...durations
      .filter(([, value, least]) => !(isDuration(value) && value >= least))
      .map(([name, value, least]) => `lifetimes.${name} must be a whole number of milliseconds, ${least} or more, not ${value}.`),
    ...spans
      .filter(([, { idle, absolute }]) => absolute < idle)
      .map(([name, { idle, absolute }]) => `lifetimes.${name}.absolute (${absolute} ms) must not be below idle (${idle} ms).`),
  ];
}

/** A fraction would not survive every store, and what has no end would be a session without one. */
function isDuration(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function clientFaults(client: OAuthClient): string[] {
  const faults: string[] = [];
  if (client.id === DEFAULT_CLIENT_ID)
    faults.push(`clients: the id "${client.id}" stands for requests that name no client: give this client another.`);
  if (!/^[\x21-\x7e]{1,128}$/.test(client.id))
    faults.push(`clients: id "${client.id}" must be 1 to 128 visible ASCII characters.`);
  if (client.secret !== undefined && client.secret.length < MIN_SECRET_LENGTH)
    faults.push(`clients: the secret of "${client.id}" is too short: use ${MIN_SECRET_LENGTH} characters or more.`);
  if (client.scopes?.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))
    faults.push(`clients: a scope of "${client.id}" is not a scope token (RFC 6749 §3.3).`);
  return faults;
}

function loginFaults(limits: LoginLimits): string[] {
  return (['account', 'address'] as const)
    .filter((name) => !(limits[name].limit > 0 && limits[name].window >= 1000))
    .map((name) => `loginLimits.${name}: limit must be above 0 and window 1000 ms or more.`);
}

function duplicateFaults(what: string, values: readonly string[]): string[] {
  const repeated = new Set(values.filter((value, i) => values.indexOf(value) !== i));
  return [...repeated].map((value) => `${what} "${value}" is used twice: give each its own.`);
}
