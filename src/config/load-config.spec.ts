import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { LOGIN_LIMITS } from 'nestjs-hybrid-session';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';

const KEY = Buffer.alloc(32, 7).toString('base64url');
const JWK = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'k1' };
const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://app.example',
  DATABASE_URL: 'postgres://app:secret@db.example/app',
  REDIS_URL: 'redis://redis.example:6379',
  SESSION_KEYS: KEY,
  JWT_PRIVATE_JWK: JSON.stringify(JWK),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nhs-config-'));
});

const load = (environment: Record<string, string> = {}) => loadConfig(environment, folder);

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

/** The variables that the faults name. */
const named = (environment: Record<string, string>) => faultsOf(environment).map((fault) => fault.slice(0, fault.indexOf(':')));

describe('without any environment', () => {
  it('the application gets an embedded database, keys of its own and a first user', () => {
    const config = load();
    expect(config.http).toEqual({
      adapter: 'express',
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      trustProxy: false,
      docs: true,
      corsOrigins: [],
    });
    expect(config.storage).toEqual({
      database: { engine: 'embedded', file: join(folder, '.data', 'app.db') },
      sessions: { kind: 'sql' },
      folder: join(folder, '.data'),
    });
    expect(config.makeFirstUser).toBe(true);
    expect(config.notices.join()).toContain('development-keys.json');
  });

  it('the keys are the same at the next start, and readable by their owner only', () => {
    expect(load().sessions).toEqual(load().sessions);
    expect(statSync(join(folder, '.data', 'development-keys.json')).mode & 0o777).toBe(0o600);
  });

  it('pages of both local names are trusted, and DPoP proofs may name either', () => {
    expect(load({ PORT: '4000' }).sessions.dpop?.origins).toEqual(['http://localhost:4000', 'http://127.0.0.1:4000']);
    expect(load({ PORT: '4000' }).sessions.trustedOrigins).toEqual(['http://localhost:4000', 'http://127.0.0.1:4000']);
  });
});

describe('in production', () => {
  it('everything that would be made up must be set, and all of it is named at once', () => {
    expect(named({ NODE_ENV: 'production' })).toEqual([
      'PUBLIC_URL',
      'DATABASE_URL',
      'SESSION_STORE',
      'SESSION_KEYS',
      'JWT_PRIVATE_JWK',
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a complete environment makes nothing up and trusts no local page', () => {
    const config = load(PRODUCTION);
    expect(config).toMatchObject({ makeFirstUser: false, notices: [], seedUsers: [], sessions: { trustedOrigins: [] } });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a plain http address and an unprotected cookie are refused', () => {
    const faults = named({ ...PRODUCTION, PUBLIC_URL: 'http://app.example', COOKIE_SECURE: 'false', COOKIE_NAME: 'sid' });
    expect(faults).toEqual(['PUBLIC_URL', 'COOKIE_SECURE']);
  });
});

describe('a wrong environment', () => {
  it('is refused with every fault at once, those of the library under the names of their variables', () => {
    const faults = named({
      PORT: 'abc',
      HTTP_ADAPTER: 'koa',
      TRUST_PROXY: 'everyone',
      DATABASE_URL: 'mysql://x',
      SESSION_STORE: 'mongodb',
      REDIS_URL: 'localhost',
      SESSION_KEYS: 'c2hvcnQ',
      JWT_PRIVATE_JWK: '{}',
      OAUTH_CLIENTS: 'only-an-id',
      SEED_USERS: 'joe:short:user',
      REVOCATION: 'maybe',
      LIFETIME_PRESET: 'aal9',
      IDLE_SECONDS: '60',
      ABSOLUTE_SECONDS: '10',
      MAX_SESSIONS: '0',
      SESSION_LIMIT_POLICY: 'ask',
      LOGIN_LIMITER: 'perhaps',
      LOGIN_DELAY_SECONDS: '60',
      LOGIN_LONGEST_DELAY_SECONDS: '100000',
      LOGIN_SPRAYING_POLICY: 'block',
      CLOCK_TOLERANCE: '-1',
      COOKIE_SECURE: 'false',
      DPOP: 'on',
      DPOP_NONCES: 'perhaps',
    });
    expect(new Set(faults)).toEqual(
      new Set([
        'PORT',
        'HTTP_ADAPTER',
        'TRUST_PROXY',
        'DATABASE_URL',
        'SESSION_STORE',
        'REDIS_URL',
        'SESSION_KEYS',
        'JWT_PRIVATE_JWK',
        'OAUTH_CLIENTS',
        'DPOP',
        'DPOP_NONCES',
        'SEED_USERS',
        'REVOCATION',
        'LIFETIME_PRESET',
        'IDLE_SECONDS, ABSOLUTE_SECONDS',
        'MAX_SESSIONS',
        'SESSION_LIMIT_POLICY',
        'LOGIN_LIMITER',
        'LOGIN_LONGEST_DELAY_SECONDS',
        'LOGIN_SPRAYING_POLICY',
        'CLOCK_TOLERANCE',
        'COOKIE_NAME, COOKIE_SECURE',
      ]),
    );
  });

  it('never has its secrets repeated', () => {
    const secret = 'hunter2';
    const faults = faultsOf({
      DATABASE_URL: `mysql://user:${secret}@x`,
      REDIS_URL: `http://:${secret}@x`,
      JWT_PRIVATE_JWK: `{"d":"${secret}"`,
      SEED_USERS: `joe:${secret}:user`,
      OAUTH_CLIENTS: `id:${secret}:scope:more`,
      SESSION_KEYS: secret,
    });
    expect(faults).toHaveLength(6);
    expect(faults.join()).not.toContain(secret);
  });

  it('makes up no keys', () => {
    faultsOf({ PORT: 'abc' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('with a signing key whose parts do not belong together is refused', () => {
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    expect(faultsOf({ JWT_PRIVATE_JWK: JSON.stringify({ ...JWK, x }) })).toEqual([
      expect.stringMatching(/^JWT_PRIVATE_JWK: signingKeys\[0\]: its parts do not belong together/),
    ]);
  });
});

describe('given values', () => {
  it('reach the library in its own terms', () => {
    const { sessions } = load({
      ...PRODUCTION,
      SESSION_KEYS: `${KEY}, ${KEY}`,
      JWT_PRIVATE_JWK: JSON.stringify([JWK, { ...JWK, kid: 'k2' }]),
      JWT_AUDIENCE: 'https://api.example',
      CLOCK_TOLERANCE: '5',
      IDLE_SECONDS: '60',
      API_ABSOLUTE_SECONDS: '7200',
      ACCESS_SECONDS: '30',
      REFRESH_WINDOW_SECONDS: '0',
      RECENT_AUTH_SECONDS: '90',
      MAX_SESSIONS: '3',
      SESSION_LIMIT_POLICY: 'refuse',
      LOGIN_ACCOUNT_LIMIT: '4',
      LOGIN_DEVICE_LIMIT: '6',
      LOGIN_ADDRESS_LIMIT: '50',
      LOGIN_BLOCK_LIMIT: '500',
      LOGIN_DELAY_SECONDS: '20',
      LOGIN_LONGEST_DELAY_SECONDS: '600',
      LOGIN_STOP_AFTER: '60',
      LOGIN_SPRAYING_NAMES: '10',
      LOGIN_SPRAYING_POLICY: 'report',
      OAUTH_CLIENTS: 'web:0123456789abcdef:read write,mobile:public:read',
      COOKIE_NAME: '__Host-x',
    });
    expect(sessions).toMatchObject({
      keys: [KEY, KEY],
      signingKeys: [{ kid: 'k1' }, { kid: 'k2' }],
      audience: 'https://api.example',
      clockTolerance: 5_000,
      lifetimes: {
        browser: { idle: 60_000 },
        api: { idle: 7_200_000, absolute: 7_200_000 },
        accessToken: 30_000,
        refreshWindow: 0,
        recentAuthentication: 90_000,
      },
      limit: { max: 3, policy: 'refuse' },
      loginLimits: {
        account: { free: 4, pause: 20_000, longest: 600_000 },
        device: { free: 6, pause: 20_000, longest: 600_000 },
        address: { free: 50 },
        block: { free: 500 },
        stopAfter: 60,
        spraying: { names: 10, policy: 'report' },
      },
      clients: [
        { id: 'web', secret: '0123456789abcdef', scopes: ['read', 'write'] },
        { id: 'mobile', scopes: ['read'] },
      ],
      cookie: { name: '__Host-x' },
    });
  });

  it.each([
    ['SESSION_LIMIT_POLICY', 'refuse', { limit: { max: 5, policy: 'refuse' } }],
    ['MAX_SESSIONS', 'unlimited', { limit: 'unlimited' }],
    ['MAX_SESSIONS', '2', { limit: { max: 2, policy: 'evict' } }],
    ['LOGIN_LIMITER', 'off', { loginLimits: 'off' }],
    ['LOGIN_LIMITER', 'on', { loginLimits: LOGIN_LIMITS }],
    ['LOGIN_DELAY_SECONDS', '7200', { loginLimits: { account: { pause: 7_200_000, longest: 7_200_000 } } }],
    ['LIFETIME_PRESET', 'aal3', { preset: 'aal3', lifetimes: { browser: { idle: 900_000 } } }],
  ])('%s=%s is understood alone', (name, value, expected) => {
    expect(load({ [name]: value }).sessions).toMatchObject(expected);
  });

  it.each([
    ['1', 1],
    ['true', 1],
    ['off', false],
    ['10.0.0.0/8, loopback, ::1', ['10.0.0.0/8', 'loopback', '::1']],
  ])('TRUST_PROXY=%s is understood', (value, expected) => {
    expect(load({ TRUST_PROXY: value }).http.trustProxy).toEqual(expected);
  });

  it.each(['10.0.0.0/33', '1.2.3', '::1/129', '10.0.0.0/8/8'])('TRUST_PROXY=%s is refused', (value) => {
    expect(named({ TRUST_PROXY: value })).toEqual(['TRUST_PROXY']);
  });

  it('name first users whose passwords may hold colons', () => {
    expect(load({ SEED_USERS: 'root:a:b:c:d:e:admin, bob:password 2:' })).toMatchObject({
      makeFirstUser: false,
      seedUsers: [
        { username: 'root', password: 'a:b:c:d:e', roles: ['admin'] },
        { username: 'bob', password: 'password 2', roles: [] },
      ],
    });
  });

  it('name a database file, and what is made up is kept beside it', () => {
    expect(load({ DATABASE_URL: 'file:here/users.db' }).storage).toMatchObject({
      database: { engine: 'embedded', file: join(folder, 'here', 'users.db') },
      folder: join(folder, 'here'),
    });
    expect(readdirSync(join(folder, 'here'))).toEqual(['development-keys.json']);
  });

  it('name the store of the sessions: beside the users, in Redis as soon as one is named, or in memory', () => {
    const storeOf = (environment: Record<string, string>) => load(environment).storage.sessions;
    const REDIS_URL = 'redis://redis.example:6379';
    expect(storeOf({ DATABASE_URL: 'postgres://db.example/app' })).toEqual({ kind: 'sql' });
    expect(storeOf({ REDIS_URL })).toEqual({ kind: 'redis', url: REDIS_URL });
    expect(storeOf({ REDIS_URL, REDIS_FAILS_OVER: 'true' })).toEqual({ kind: 'redis', url: REDIS_URL, failsOver: true });
    expect(storeOf({ REDIS_URL, SESSION_STORE: 'sql' })).toEqual({ kind: 'sql' });
    expect(storeOf({ SESSION_STORE: 'memory' })).toEqual({ kind: 'memory' });
    expect(storeOf({ ...PRODUCTION, REDIS_URL: '', SESSION_STORE: 'sql' })).toEqual({ kind: 'sql' });
    expect(named({ SESSION_STORE: 'redis' })).toEqual(['REDIS_URL']);
  });

  it('name a MySQL for the users in vain, and are told what it can hold', () => {
    expect(faultsOf({ DATABASE_URL: 'mysql://db.example/app' })).toEqual([expect.stringMatching(/MySQL.*write postgres:/)]);
  });

  it('leave the slot to the shared address where only the keys are shared, so that instances find each other’s sessions', () => {
    expect(load({ SESSION_KEYS: KEY }).sessions.slotSecret).toBeUndefined();
    expect(load({ SESSION_KEYS: KEY, SESSION_SLOT_SECRET: 'a secret of my own' }).sessions.slotSecret).toBe('a secret of my own');
    expect(load().sessions.slotSecret).toHaveLength(43);
  });

  it('of a revocation bound is a number of milliseconds; without one every request asks the store', () => {
    expect(load({ REVOCATION: '1000' }).sessions.revocation).toEqual({ within: 1000 });
    expect(load({ REVOCATION: 'strict' }).sessions.revocation).toBe('strict');
    expect(load().sessions.revocation).toBe('strict');
  });
});

describe('what its operator is told', () => {
  it('is open in development, and in production not there without a token', () => {
    expect(load().observability).toEqual({ metrics: 'open', accessLog: false });
    expect(load(PRODUCTION).observability).toEqual({ metrics: 'off', accessLog: true });
    const METRICS_TOKEN = 'a-token-of-the-metrics';
    expect(load({ ...PRODUCTION, METRICS_TOKEN, ACCESS_LOG: 'off' }).observability).toEqual({
      metrics: { token: METRICS_TOKEN },
      accessLog: false,
    });
  });

  it('takes no token that could be guessed, or that no header can carry', () => {
    for (const METRICS_TOKEN of ['short', 'a token with blanks in it'])
      expect(named({ METRICS_TOKEN })).toEqual(['METRICS_TOKEN']);
  });
});
