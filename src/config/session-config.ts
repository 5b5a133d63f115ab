import {
  days,
  LIFETIME_PRESETS,
  LOGIN_LIMITS,
  type CookieOptions,
  type DpopOptions,
  type Lifetime,
  type LifetimeOverrides,
  type LifetimePreset,
  type LoginLimits,
  type Revocation,
  type SessionOptions,
} from 'nestjs-hybrid-session';
import type { EnvironmentReader } from './environment-reader.js';
import { readOAuthClients } from './oauth-clients.js';

/** How sessions behave: all options of the library but its keys, its URL and its adapters. */
export type SessionBehaviour = Pick<
  SessionOptions,
  'audience' | 'clients' | 'clockTolerance' | 'cookie' | 'dpop' | 'lifetimes' | 'limit' | 'loginLimits' | 'preset' | 'revocation'
>;

const PRESETS: readonly LifetimePreset[] = ['aal1', 'standard', 'aal2', 'aal3'];
const MANY = 5;

/** Reads the variables that shape sessions. */
export function readSessionBehaviour(reader: EnvironmentReader): SessionBehaviour {
  const preset = reader.choice('LIFETIME_PRESET', PRESETS) ?? 'standard';
  const audience = reader.text('JWT_AUDIENCE');
  const clockTolerance = reader.seconds('CLOCK_TOLERANCE', 0);
  const limit = readLimit(reader, preset);
  return {
    preset,
    lifetimes: readLifetimes(reader, preset),
    loginLimits: readLoginLimits(reader),
    clients: readOAuthClients(reader),
    dpop: readDpop(reader),
    cookie: readCookie(reader),
    revocation: readRevocation(reader),
    ...(limit === undefined ? {} : { limit }),
    ...(audience === undefined ? {} : { audience }),
    ...(clockTolerance === undefined ? {} : { clockTolerance }),
  };
}

function readRevocation(reader: EnvironmentReader): Revocation {
  const text = reader.text('REVOCATION');
  if (text === undefined || text === 'strict') return 'strict';
  return { within: reader.wholeNumber('REVOCATION', 0) ?? 0 };
}

function readLifetimes(reader: EnvironmentReader, preset: LifetimePreset): LifetimeOverrides {
  const accessToken = reader.seconds('ACCESS_SECONDS', 1);
  const refreshWindow = reader.seconds('REFRESH_WINDOW_SECONDS', 0);
  const recentAuthentication = reader.seconds('RECENT_AUTH_SECONDS', 1);
  return {
    browser: readLifetime(reader, '', LIFETIME_PRESETS[preset].browser),
    api: readLifetime(reader, 'API_', LIFETIME_PRESETS[preset].api),
    remembered: readLifetime(reader, 'REMEMBER_', LIFETIME_PRESETS[preset].remembered),
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(refreshWindow === undefined ? {} : { refreshWindow }),
    ...(recentAuthentication === undefined ? {} : { recentAuthentication }),
  };
}

/** An idle limit that nobody set yields to an absolute one that is shorter. */
function readLifetime(reader: EnvironmentReader, prefix: '' | 'API_' | 'REMEMBER_', preset: Lifetime): Lifetime {
  const absolute = reader.seconds(`${prefix}ABSOLUTE_SECONDS`, 1) ?? preset.absolute;
  return { idle: reader.seconds(`${prefix}IDLE_SECONDS`, 1) ?? Math.min(preset.idle, absolute), absolute };
}

function readLimit(reader: EnvironmentReader, preset: LifetimePreset): SessionOptions['limit'] {
  const policy = reader.choice('SESSION_LIMIT_POLICY', ['evict', 'refuse']);
  if (reader.text('MAX_SESSIONS')?.toLowerCase() === 'unlimited') return 'unlimited';
  const max = reader.wholeNumber('MAX_SESSIONS', 1);
  if (max === undefined && policy === undefined) return undefined;
  return { max: max ?? LIFETIME_PRESETS[preset].limit?.max ?? MANY, policy: policy ?? 'evict' };
}

function readLoginLimits(reader: EnvironmentReader): LoginLimits | 'off' {
  const { account, device, address, block, stopAfter, spraying } = LOGIN_LIMITS;
  const pause = reader.seconds('LOGIN_DELAY_SECONDS', 1) ?? account.pause;
  const longest = reader.seconds('LOGIN_LONGEST_DELAY_SECONDS', 1) ?? Math.max(account.longest, pause);
  const policy = reader.choice('LOGIN_SPRAYING_POLICY', ['report', 'delay']) ?? spraying.policy;
  const names = reader.wholeNumber('LOGIN_SPRAYING_NAMES', 1) ?? spraying.names;
  const limits: LoginLimits = {
    account: { ...account, free: reader.wholeNumber('LOGIN_ACCOUNT_LIMIT', 1) ?? account.free, pause, longest },
    device: { ...device, free: reader.wholeNumber('LOGIN_DEVICE_LIMIT', 1) ?? device.free, pause, longest },
    address: { ...address, free: reader.wholeNumber('LOGIN_ADDRESS_LIMIT', 1) ?? address.free },
    block: { ...block, free: reader.wholeNumber('LOGIN_BLOCK_LIMIT', 1) ?? block.free },
    stopAfter: reader.wholeNumber('LOGIN_STOP_AFTER', 1) ?? stopAfter,
    spraying: { ...spraying, names, policy },
  };
  if (longest > days(1))
    reader.fault('LOGIN_LONGEST_DELAY_SECONDS', 'is more than a day: a person who mistyped would wait that long.');
  return reader.choice('LOGIN_LIMITER', ['on', 'off']) === 'off' ? 'off' : limits;
}

function readDpop(reader: EnvironmentReader): DpopOptions {
  const mode = reader.choice('DPOP', ['off', 'accepted', 'required']);
  return { nonces: reader.flag('DPOP_NONCES') ?? false, ...(mode === undefined ? {} : { mode }) };
}

function readCookie(reader: EnvironmentReader): CookieOptions {
  const name = reader.text('COOKIE_NAME');
  const secure = reader.flag('COOKIE_SECURE');
  return { ...(name === undefined ? {} : { name }), ...(secure === undefined ? {} : { secure }) };
}
