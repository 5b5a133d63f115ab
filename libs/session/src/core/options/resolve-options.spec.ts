import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ed25519Key, p256Key, ringKey, rsaKey } from '../../../spec/key-material.js';
import { sampleOptions } from '../../../spec/sample-options.js';
import { InvalidOptionsError } from '../errors.js';
import { resolveOptions } from './resolve-options.js';
import type { SessionOptions } from './session-options.js';

/** What a host that does not type-check, or whose environment lacks a variable, may hand over. */
const untyped = (change: object): SessionOptions => Object.assign(sampleOptions(), change);

function faultsOf(options: SessionOptions): readonly string[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.faults;
    throw error;
  }
}

describe('options without a fault', () => {
  it('get every default', () => {
    const signingKey = ed25519Key();
    const resolved = resolveOptions(sampleOptions({ signingKeys: [signingKey] }));
    expect(resolved).toMatchObject({
      issuer: 'https://app.example',
      audience: 'https://app.example',
      signingKeys: [signingKey],
      onSuspectedSharing: 'report',
      dpop: { mode: 'accepted', nonces: false, origins: [] },
      onClientChange: { userAgent: 'report', network: 'ignore', travel: 'report' },
      clockTolerance: 0,
      clients: [],
      cookie: { name: '__Host-sid', secure: true, sameSite: 'Lax' },
      loginRules: {
        account: { name: 'login-account', free: 5, pause: 30_000, longest: 3_600_000, window: 86_400_000 },
        device: { name: 'login-device', free: 10, pause: 30_000, longest: 3_600_000, window: 86_400_000 },
        address: { name: 'login-address', free: 100, pause: 1_000, longest: 900_000, window: 900_000 },
        block: { name: 'login-block', free: 1_000, pause: 1_000, longest: 900_000, window: 900_000 },
        stop: { name: 'login-stop', free: 100, window: 30 * 86_400_000, renews: true },
        spraying: { name: 'login-spraying', limit: 20, window: 900_000 },
        onSpraying: 'delay',
      },
    });
    expect([...resolved.trustedOrigins]).toEqual(['https://app.example']);
    expect(resolved.keys.map((key) => key.byteLength)).toEqual([32]);
  });

  it('keep what was chosen', () => {
    const keys = [ringKey(), ringKey()];
    const resolved = resolveOptions(
      sampleOptions({
        keys,
        audience: 'https://api.example',
        slotSecret: 'a secret for the slots',
        windowFrom: 'rotation',
        limit: 'unlimited',
        onSuspectedSharing: 'revoke',
        onClientChange: { userAgent: 'ignore' },
        clockTolerance: 60_000,
        loginLimits: 'off',
        trustedOrigins: ['https://admin.example', 'http://localhost:3000'],
      }),
    );
    expect(resolved).toMatchObject({
      audience: 'https://api.example',
      refresh: { windowFrom: 'rotation' },
      limit: undefined,
      onSuspectedSharing: 'revoke',
      onClientChange: { userAgent: 'ignore' },
      clockTolerance: 60_000,
      loginRules: undefined,
    });
    expect(resolved.keys.map((key) => Buffer.from(key).toString('base64url'))).toEqual(keys);
    expect(Buffer.from(resolved.slotSecret).toString()).toBe('a secret for the slots');
    expect([...resolved.trustedOrigins]).toEqual(['https://app.example', 'https://admin.example', 'http://localhost:3000']);
  });

  it('have an issuer without a slash at the end, and the origin of a URL with a path', () => {
    expect(resolveOptions(sampleOptions({ publicUrl: 'https://app.example/' })).issuer).toBe('https://app.example');
    const { issuer, trustedOrigins } = resolveOptions(sampleOptions({ publicUrl: 'https://app.example:8443/shop' }));
    expect(issuer).toBe('https://app.example:8443/shop');
    expect([...trustedOrigins]).toEqual(['https://app.example:8443']);
  });

  it('have slots of their own for each public URL', () => {
    const slotSecret = (publicUrl: string) => Buffer.from(resolveOptions(sampleOptions({ publicUrl })).slotSecret).toString();
    expect(slotSecret('https://app.example')).toBe(slotSecret('https://app.example/'));
    expect(slotSecret('https://app.example')).not.toBe(slotSecret('https://other.example'));
  });

  it('draw their randomness anew', () => {
    const { random } = resolveOptions(sampleOptions());
    expect(random(32)).toHaveLength(32);
    expect(Buffer.from(random(32))).not.toEqual(Buffer.from(random(32)));
  });
});

describe('a fault is reported', () => {
  const short = Buffer.alloc(31, 1).toString('base64url');
  const twin = ed25519Key('twin');
  const faulty: readonly (readonly [string, object, RegExp])[] = [
    ['no public URL', { publicUrl: undefined }, /publicUrl "undefined" is not a URL/],
    ['an empty public URL', { publicUrl: '' }, /publicUrl "" is not a URL/],
    ['a public URL without a scheme', { publicUrl: 'app.example' }, /is not a URL/],
    ['a public URL of another scheme', { publicUrl: 'ftp://app.example' }, /is not a URL/],
    ['a public URL that is a script', { publicUrl: 'javascript:alert(1)' }, /is not a URL/],
    ['a public URL with a query', { publicUrl: 'https://app.example/?a=1' }, /is not a URL/],
    ['a public URL with a fragment', { publicUrl: 'https://app.example/#a' }, /is not a URL/],
    ['a public URL with a password', { publicUrl: 'https://user:word@app.example' }, /must begin with https:\/\/app\.example/],
    ['a public URL with a space before it', { publicUrl: ' https://app.example' }, /must begin with https:\/\/app\.example/],
    ['a public URL with a space behind it', { publicUrl: 'https://app.example ' }, /must begin with https:\/\/app\.example/],
    ['a public URL in capitals', { publicUrl: 'https://App.Example' }, /must begin with https:\/\/app\.example/],
    [
      'a public URL with the port of its scheme',
      { publicUrl: 'https://app.example:443' },
      /must begin with https:\/\/app\.example/,
    ],
    ['an unknown preset', { preset: 'aal4' }, /preset "aal4" is not one of aal1, standard, aal2, aal3/],
    ['no keys', { keys: undefined }, /keys is empty/],
    ['an empty key ring', { keys: [] }, /keys is empty/],
    ['a key that is missing from the environment', { keys: [undefined] }, /keys\[0\] is missing/],
    ['a key that is no text', { keys: [ringKey(), 42] }, /keys\[1\] is missing/],
    ['a key with padding', { keys: [`${ringKey()}=`] }, /keys\[0\] .*not canonical base64url/],
    ['a key in hex with a space', { keys: ['ab cd'] }, /keys\[0\] .*not canonical base64url/],
    ['a short key', { keys: [ringKey(), short] }, /keys\[1\] has 31 bytes: use 32 or more/],
    ['an empty key', { keys: [''] }, /keys\[0\] has 0 bytes/],
    ['a short slot secret', { slotSecret: '' }, /slotSecret is too short/],
    ['no signing keys', { signingKeys: undefined }, /signingKeys is empty/],
    ['an empty list of signing keys', { signingKeys: [] }, /signingKeys is empty/],
    ['a signing key that is missing', { signingKeys: [undefined] }, /signingKeys\[0\]: kty missing is not usable/],
    ['a symmetric signing key', { signingKeys: [{ kty: 'oct', k: 'AAAA', kid: 'k' }] }, /kty oct is not usable/],
    ['a weak RSA key', { signingKeys: [ed25519Key(), rsaKey(2_048)] }, /signingKeys\[1\]: .*2048 bits is too weak/],
    ['two signing keys of one name', { signingKeys: [twin, p256Key('twin')] }, /signingKeys: kid "twin" is used twice/],
    ['an idle time of 0', { lifetimes: { browser: { idle: 0 } } }, /lifetimes\.browser\.idle .* 1 or more, not 0/],
    ['an idle time below 0', { lifetimes: { api: { idle: -1 } } }, /lifetimes\.api\.idle/],
    ['an idle time that is no number', { lifetimes: { browser: { idle: Number.NaN } } }, /lifetimes\.browser\.idle .* not NaN/],
    ['an idle time that is a text', { lifetimes: { browser: { idle: '1000' } } }, /lifetimes\.browser\.idle .* not 1000/],
    ['an idle time with a fraction', { lifetimes: { browser: { idle: 0.5 } } }, /lifetimes\.browser\.idle/],
    ['no absolute end', { lifetimes: { browser: { absolute: Infinity } } }, /lifetimes\.browser\.absolute .* not Infinity/],
    [
      'an absolute end before the idle one',
      { lifetimes: { remembered: { absolute: 1 } } },
      /remembered\.absolute \(1 ms\) must not be below idle/,
    ],
    [
      'an access token of less than a second',
      { lifetimes: { accessToken: 999 } },
      /lifetimes\.accessToken .* 1000 or more, not 999/,
    ],
    ['an access token without an end', { lifetimes: { accessToken: Infinity } }, /lifetimes\.accessToken/],
    ['a window below 0', { lifetimes: { refreshWindow: -1 } }, /lifetimes\.refreshWindow .* 0 or more, not -1/],
    ['a recent authentication of 0', { lifetimes: { recentAuthentication: 0 } }, /lifetimes\.recentAuthentication/],
    ['a tolerance below 0', { clockTolerance: -1 }, /clockTolerance must be 0 to 300000 ms, not -1/],
    ['a tolerance of more than a few minutes', { clockTolerance: 300_001 }, /clockTolerance/],
    ['a tolerance without bounds', { clockTolerance: Infinity }, /clockTolerance/],
    ['a tolerance that is a text', { clockTolerance: '60' }, /clockTolerance/],
    ['a bound below 0', { revocation: { within: -1 } }, /revocation must be "strict" or/],
    ['a bound without an end', { revocation: { within: Infinity } }, /revocation must be "strict" or/],
    ['a bound that is a text', { revocation: { within: '500' } }, /revocation must be "strict" or/],
    [
      'stale answers for every route',
      { revocation: { within: 0, serveStale: 30_000 } },
      /serveStale is for single routes: put @RevocationMode/,
    ],
    [
      'a store deadline of 0',
      { storeLimits: { deadline: 0 } },
      /storeLimits.deadline must be a whole number of milliseconds, 1 to 30000/,
    ],
    ['a store deadline beyond the horizon of repetition', { storeLimits: { deadline: 30_001 } }, /storeLimits.deadline/],
    ['a store that nobody may ask', { storeLimits: { underWay: 0 } }, /storeLimits.underWay must be a whole number above 0/],
    ['a store that everybody may ask', { storeLimits: { underWay: Infinity } }, /storeLimits.underWay/],
    ['an unknown revocation', { revocation: 'sometimes' }, /revocation must be "strict" or/],
    ['a limit of 0', { limit: { max: 0, policy: 'evict' } }, /limit\.max must be a whole number above 0, not 0/],
    ['a limit with a fraction', { limit: { max: 1.5, policy: 'evict' } }, /limit\.max/],
    ['two clients of one id', { clients: [{ id: 'a' }, { id: 'a' }] }, /clients: id "a" is used twice/],
    ['a client without an id', { clients: [{ id: '' }] }, /clients: id "" must be 1 to 128/],
    ['a client id with a space', { clients: [{ id: 'a b' }] }, /clients: id "a b" must be/],
    ['a client id that is too long', { clients: [{ id: 'a'.repeat(129) }] }, /must be 1 to 128/],
    [
      'a client that takes the name of the application',
      { clients: [{ id: 'first-party' }] },
      /"first-party" stands for requests that name no client/,
    ],
    ['a short client secret', { clients: [{ id: 'a', secret: 'fifteen letters' }] }, /the secret of "a" is too short/],
    ['an empty client secret', { clients: [{ id: 'a', secret: '' }] }, /the secret of "a" is too short/],
    ['a scope with a space', { clients: [{ id: 'a', scopes: ['a b'] }] }, /a scope of "a" is not a scope token/],
    ['a scope with a quote', { clients: [{ id: 'a', scopes: ['ok', '"'] }] }, /a scope of "a" is not a scope token/],
    ['an empty scope', { clients: [{ id: 'a', scopes: [''] }] }, /a scope of "a" is not a scope token/],
    ['a cookie that contradicts itself', { cookie: { domain: 'app.example' } }, /__Host- prefix contradict/],
    [
      'a trusted origin with a path',
      { trustedOrigins: ['https://admin.example/'] },
      /"https:\/\/admin\.example\/" is not an origin/,
    ],
    [
      'a trusted origin that anyone on the network can be',
      { trustedOrigins: ['http://admin.example'], production: true },
      /https in production/,
    ],
    ['a trusted origin of null', { trustedOrigins: ['null'] }, /"null" is not an origin/],
    ['a DPoP origin with a path', { dpop: { origins: ['https://api.example/v1'] } }, /^dpop\.origins: .* is not an origin/],
    ['a DPoP origin of http in production', { dpop: { origins: ['http://api.example'] }, production: true }, /^dpop\.origins/],
    ['a trusted wildcard', { trustedOrigins: ['*'] }, /"\*" is not an origin/],
    ['a trusted wildcard of hosts', { trustedOrigins: ['https://*.example/'] }, /is not an origin/],
    ['a trusted origin of another scheme', { trustedOrigins: ['file://'] }, /is not an origin/],
    ['a login limit of 0', { loginLimits: { account: { free: 0 } } }, /loginLimits\.account/],
    ['a short login window', { loginLimits: { address: { window: 999 } } }, /loginLimits\.address/],
    ['a longest delay below the first', { loginLimits: { device: { pause: 60_000, longest: 59_999 } } }, /loginLimits\.device/],
    ['a delay that is no number', { loginLimits: { block: { pause: Number.NaN } } }, /loginLimits\.block/],
    ['a stop after nothing', { loginLimits: { stopAfter: 0 } }, /loginLimits\.stopAfter/],
    ['spraying over no names', { loginLimits: { spraying: { names: 0 } } }, /loginLimits\.spraying/],
    ['a mode of DPoP that is none', { dpop: 'required' }, /dpop must be an object: \{ mode: 'required' \}/],
    ['an unknown mode of DPoP', { dpop: { mode: 'optional' } }, /^dpop\.mode must be off or accepted or required/],
    ['nonces of DPoP that are neither on nor off', { dpop: { nonces: 'yes' } }, /^dpop\.nonces must be true or false/],
    ['one policy for every change of the client', { onClientChange: 'revoke' }, /onClientChange must name a policy per signal/],
    ['an unknown policy for spraying', { loginLimits: { spraying: { policy: 'block' } } }, /loginLimits\.spraying\.policy/],
  ];

  it.each(faulty)('alone: %s', (_, change, message) => {
    const faults = faultsOf(untyped(change));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(message);
  });

  it('together with all others, so that one start shows everything', () => {
    const chosen = ['an empty public URL', 'an unknown preset', 'a short key', 'a short slot secret', 'a weak RSA key'].concat(
      ['an idle time of 0', 'a tolerance below 0', 'a limit of 0', 'two clients of one id', 'a trusted wildcard'],
      ['a cookie that contradicts itself', 'a login limit of 0'],
    );
    const changes = faulty.filter(([name]) => chosen.includes(name));
    const faults = faultsOf(untyped(Object.assign({}, ...changes.map(([, change]) => change))));
    expect(faults).toHaveLength(chosen.length);
    for (const [, , message] of changes) expect(faults.some((fault) => message.test(fault))).toBe(true);
  });

  it('in a message that lists every fault', () => {
    const options = sampleOptions({ keys: [], signingKeys: [] });
    expect(() => resolveOptions(options)).toThrow(/2 faults:\n- keys is empty.*\n- signingKeys is empty/);
  });

  it('without ever repeating a key or a secret', () => {
    const secret = 'not so secret';
    const weak = rsaKey(2_048);
    const text = faultsOf(
      sampleOptions({ keys: [`${short}=`, short], slotSecret: secret, signingKeys: [weak], clients: [{ id: 'a', secret }] }),
    ).join('\n');
    for (const canary of [short, secret, weak.d, weak.n]) expect(text).not.toContain(canary);
  });
});

describe('in production', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('the public URL must be https, and the cookie Secure', () => {
    const options = sampleOptions({ publicUrl: 'http://app.example', cookie: { name: 'sid', secure: false } });
    expect(faultsOf({ ...options, production: false })).toEqual([]);
    expect(faultsOf({ ...options, production: true })).toEqual([
      expect.stringMatching(/must be https in production/),
      expect.stringMatching(/cookie\.secure: false is for development only/),
    ]);
  });

  it('also localhost must be https', () => {
    expect(faultsOf(sampleOptions({ publicUrl: 'http://localhost:3000', production: true }))).toHaveLength(1);
  });

  it.each([
    ['production', 1],
    ['development', 0],
    [undefined, 0],
  ])('is what NODE_ENV says, when the options do not: %s', (environment, faults) => {
    jest.replaceProperty(process, 'env', { ...process.env, NODE_ENV: environment });
    const { production: _, ...options } = sampleOptions({ publicUrl: 'http://localhost:3000' });
    expect(faultsOf(options)).toHaveLength(faults);
  });
});

describe('a word that no option knows', () => {
  it.each([
    ['windowFrom', { windowFrom: 'y' }],
    ['limit.policy', { limit: { max: 1, policy: 'kick' } }],
    ['onSuspectedSharing', { onSuspectedSharing: 'x' }],
    ['onClientChange.network', { onClientChange: { network: 'revok' } }],
    ['cookie.sameSite', { cookie: { sameSite: 'None' } }],
  ])('is a fault: %s', (name, change) => {
    expect(faultsOf(untyped(change))).toEqual([expect.stringContaining(`${name} must be`)]);
  });
});
