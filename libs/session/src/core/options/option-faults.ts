import { boundOf } from '../revocation/freshness.js';
import { signingKeyFaults } from '../tokens/signing-keys.js';
import { DEFAULT_CLIENT_ID } from '../tokens/client-registry.js';
import type { SessionLimit } from '../ports/session-store.js';
import { cookieFaults, type ResolvedCookie } from './cookie-options.js';
import { minutes } from './durations.js';
import { LIFETIME_PRESETS, type Lifetimes } from './lifetime-presets.js';
import type { LoginLimits, OAuthClient, SessionOptions } from './session-options.js';

const MIN_KEY_BYTES = 32;
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
}

/** Everything that is wrong with the options, as sentences that name the fault and the cure; empty when they are sound. */
export function optionFaults(options: SessionOptions, draft: DraftOptions): string[] {
  const { production, keys, lifetimes, limit, clockTolerance, cookie, loginLimits } = draft;
  return [
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
    ...wordFaults(options),
  ];
}

/** Options that are one of a few words. A host in plain JavaScript is told by nobody else. */
function wordFaults(options: SessionOptions): string[] {
  const { limit } = options;
  const words: readonly (readonly [name: string, value: unknown, allowed: readonly string[]])[] = [
    ['windowFrom', options.windowFrom, ['use', 'rotation']],
    ['limit.policy', typeof limit === 'object' ? limit.policy : undefined, ['evict', 'refuse']],
    ['onSuspectedSharing', options.onSuspectedSharing, ['report', 'revoke']],
    ['onClientChange', options.onClientChange, ['ignore', 'report', 'revoke']],
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

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) ? url.origin : undefined;
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
