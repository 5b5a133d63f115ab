import { CLIENT_POLICIES } from '../client/client-policies.js';
import type { AnonymousLimits } from '../anonymous/anonymous-limits.js';
import type { GateLimits } from '../outage/store-gate.js';
import { freshnessOf, type Revocation } from '../revocation/freshness.js';
import type { KeyRotationRule } from '../tokens/stored-keys/signing-key-rotation.js';
import { RETRY_HORIZON, type SessionLimit } from '../ports/session-store.js';
import { cookieFaults, type ResolvedCookie } from './cookie-options.js';
import { minutes } from './durations.js';
import { LIFETIME_PRESETS, type Lifetimes } from './lifetime-presets.js';
import type { LoginLimits } from '../login/login-limits.js';
import { clientFaults } from './client-faults.js';
import { liveFaults } from './live-faults.js';
import { keyRingFaults } from './key-ring-faults.js';
import { signingFaults } from './signing-faults.js';
import { signalsFaults } from '../signals/signals-options.js';
import type { DpopOptions, SessionOptions } from './session-options.js';

const MIN_SECRET_LENGTH = 16;
/** RFC 9068 §4: "no more than a few minutes". */
const MAX_CLOCK_TOLERANCE = minutes(5);

/** What the options come to with every default in place, before anyone knows whether that is sound. */
export interface DraftOptions {
  readonly production: boolean;
  /** `undefined` where a text is not canonical base64url. */
  readonly keys: readonly (Uint8Array | undefined)[];
  readonly lifetimes: Lifetimes;
  readonly limit: SessionLimit | undefined;
  readonly clockTolerance: number;
  readonly cookie: ResolvedCookie;
  readonly loginLimits: LoginLimits | 'off';
  readonly storeLimits: GateLimits;
  readonly anonymous: AnonymousLimits | undefined;
  readonly keyRotation: KeyRotationRule;
}

/** Everything that is wrong with the options, as sentences that name the fault and the cure; empty when they are sound. */
export function optionFaults(options: SessionOptions, draft: DraftOptions): string[] {
  const { production, keys, lifetimes, limit, clockTolerance, cookie, loginLimits, storeLimits, anonymous } = draft;
  return [
    ...urlFaults(options.publicUrl, production),
    ...(options.preset && !(options.preset in LIFETIME_PRESETS)
      ? [`preset "${options.preset}" is not one of ${Object.keys(LIFETIME_PRESETS).join(', ')}.`]
      : []),
    ...keyRingFaults(keys),
    ...slotSecretFaults(options.slotSecret),
    ...signingFaults(options, draft.keyRotation),
    ...duplicateFaults(
      'signingKeys: kid',
      (options.signingKeys ?? []).flatMap((jwk) => jwk?.kid ?? []),
    ),
    ...lifetimeFaults(lifetimes),
    ...(isDuration(clockTolerance) && clockTolerance <= MAX_CLOCK_TOLERANCE
      ? []
      : [`clockTolerance must be 0 to ${MAX_CLOCK_TOLERANCE} ms, not ${clockTolerance}.`]),
    ...revocationFaults(options.revocation ?? 'strict'),
    ...storeFaults(storeLimits),
    ...liveFaults(options.liveWithin),
    ...(limit && !(Number.isSafeInteger(limit.max) && limit.max > 0)
      ? [`limit.max must be a whole number above 0, not ${limit.max}.`]
      : []),
    ...duplicateFaults(
      'clients: id',
      (options.clients ?? []).map((client) => client.id),
    ),
    ...(options.clients ?? []).flatMap(clientFaults),
    ...cookieFaults(cookie, production),
    ...(options.trustedOrigins ?? []).flatMap((origin) => originFaults('trustedOrigins', origin, production)),
    ...dpopFaults(options.dpop ?? {}, production),
    ...(loginLimits === 'off' ? [] : loginFaults(loginLimits)),
    ...(anonymous ? anonymousFaults(anonymous) : []),
    ...(options.signals
      ? signalsFaults(options.signals, { production, confidential: confidentialOf(options), isAudited: !!options.audit?.length })
      : []),
    ...wordFaults(options),
    ...(typeof (options.onClientChange ?? {}) === 'object'
      ? []
      : ["onClientChange must name a policy per signal: { userAgent: 'end' }."]),
  ];
}

function confidentialOf({ clients = [] }: SessionOptions): ReadonlySet<string> {
  return new Set(clients.filter(({ secret, keys }) => secret !== undefined || keys).map(({ id }) => id));
}

/** Options that are one of a few words. A host in plain JavaScript is told by nobody else. */
function wordFaults(options: SessionOptions): string[] {
  const { limit } = options;
  const spraying = typeof options.loginLimits === 'object' ? options.loginLimits.spraying : undefined;
  const words: readonly (readonly [name: string, value: unknown, allowed: readonly string[]])[] = [
    ['windowFrom', options.windowFrom, ['use', 'rotation']],
    ['limit.policy', typeof limit === 'object' ? limit.policy : undefined, ['evict', 'refuse']],
    ['dpop.mode', options.dpop?.mode, ['off', 'accepted', 'required']],
    ['onSuspectedSharing', options.onSuspectedSharing, ['report', 'revoke']],
    ...(['userAgent', 'network', 'travel'] as const).map(
      (signal) => [`onClientChange.${signal}`, options.onClientChange?.[signal], CLIENT_POLICIES] as const,
    ),
    ['loginLimits.spraying.policy', spraying?.policy, ['report', 'delay']],
    ['cookie.sameSite', options.cookie?.sameSite, ['strict', 'lax', 'none']],
  ];
  return words
    .filter(([, value, allowed]) => value !== undefined && !allowed.some((word) => word === value))
    .map(([name, value, allowed]) => `${name} must be ${allowed.join(' or ')}, not "${String(value)}".`);
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

/** Origins are compared letter by letter, so each has the one spelling that browsers send. */
function originFaults(option: string, origin: string, production: boolean): string[] {
  if (originOf(origin) !== origin) return [`${option}: "${origin}" is not an origin: write scheme://host[:port] without a path.`];
  if (production && !origin.startsWith('https:'))
    return [`${option}: "${origin}" must be https in production: whoever is on the network writes pages of an http origin.`];
  return [];
}

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) ? url.origin : undefined;
}

function dpopFaults(dpop: DpopOptions, production: boolean): string[] {
  if (typeof dpop !== 'object') return [`dpop must be an object: { mode: '${String(dpop)}' }.`];
  const { nonces = false, origins = [] } = dpop;
  return [
    ...(typeof nonces === 'boolean' ? [] : [`dpop.nonces must be true or false, not ${String(nonces)}.`]),
    ...origins.flatMap((origin) => originFaults('dpop.origins', origin, production)),
  ];
}

function slotSecretFaults(secret: string | undefined): string[] {
  if (secret === undefined || secret.length >= MIN_SECRET_LENGTH) return [];
  return [`slotSecret is too short: use ${MIN_SECRET_LENGTH} characters or more, or leave it out.`];
}

function lifetimeFaults(lifetimes: Lifetimes): string[] {
  const { browser, api, remembered, visitor, ...single } = lifetimes;
  const spans = Object.entries({ browser, api, remembered, visitor });
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

function revocationFaults(revocation: Revocation): string[] {
  const { within, serveStale } = freshnessOf(revocation);
  return [
    ...(isDuration(within) ? [] : ['revocation must be "strict" or { within: milliseconds of 0 or more }.']),
    ...(serveStale === 0
      ? []
      : ['revocation: serveStale is for single routes: put @RevocationMode({ within, serveStale }) on those that may.']),
  ];
}

/** A call that is repeated later than the horizon would not be known for a repetition. */
function storeFaults({ deadline, underWay }: GateLimits): string[] {
  return [
    ...(isDuration(deadline) && deadline > 0 && deadline <= RETRY_HORIZON
      ? []
      : [`storeLimits.deadline must be a whole number of milliseconds, 1 to ${RETRY_HORIZON}, not ${deadline}.`]),
    ...(Number.isSafeInteger(underWay) && underWay > 0
      ? []
      : [`storeLimits.underWay must be a whole number above 0, not ${underWay}.`]),
  ];
}

function loginFaults(limits: LoginLimits): string[] {
  const paces = (['account', 'device', 'address', 'block'] as const).flatMap((name) => {
    const { free, pause, longest, window } = limits[name];
    const sound = isCount(free) && isDuration(pause) && pause >= 1000 && isDuration(longest) && longest >= pause;
    if (sound && isDuration(window) && window >= 1000) return [];
    return [`loginLimits.${name}: free must be 1 or more, pause and window 1000 ms or more, longest not below pause.`];
  });
  const { names, window } = limits.spraying;
  return [
    ...paces,
    ...(isCount(limits.stopAfter) ? [] : [`loginLimits.stopAfter must be a whole number above 0, not ${limits.stopAfter}.`]),
    ...(isCount(names) && isDuration(window) && window >= 1000
      ? []
      : ['loginLimits.spraying: names must be 1 or more and window 1000 ms or more.']),
  ];
}

function anonymousFaults({ address, block, window }: AnonymousLimits): string[] {
  if (isCount(address) && isCount(block) && isDuration(window) && window >= 1000) return [];
  return ['anonymous.limits: address and block must be 1 or more, window 1000 ms or more.'];
}

function isCount(value: unknown): boolean {
  return isDuration(value) && value !== 0;
}

function duplicateFaults(what: string, values: readonly string[]): string[] {
  const repeated = new Set(values.filter((value, i) => values.indexOf(value) !== i));
  return [...repeated].map((value) => `${what} "${value}" is used twice: give each its own.`);
}
