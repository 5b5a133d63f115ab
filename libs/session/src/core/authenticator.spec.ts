import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, CURL, FIREFOX } from '../../spec/core-under-test.js';
import { signedBy } from '../../spec/forged-token.js';
import { ed25519Key } from '../../spec/key-material.js';
import { InvalidSessionError, InvalidTokenError, StoreUnavailableError } from './errors.js';
import type { RefusalCause } from './events.js';
import { minutes, seconds } from './options/durations.js';

const refusalOf = (app: CoreUnderTest) => app.eventsOf('session.refused').map((event) => 'cause' in event && event.cause);
const OTHER_SECRET = 'A'.repeat(43);

describe('a cookie', () => {
  it('is refused before the store is asked when it is malformed', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    const { refreshToken, accessToken } = await app.api();
    app.store.calls.length = 0;
    for (const text of [
      '',
      '*',
      '\u0000',
      '__proto__',
      '\u{1F600}',
      'x'.repeat(10_240),
      `${cookie}=`,
      `${cookie}\n`,
      refreshToken,
      accessToken,
    ]) {
      await expect(app.cookie(text)).rejects.toThrow(InvalidSessionError);
    }
    expect(app.store.calls).toEqual([]);
  });

  it.each<[RefusalCause, (app: CoreUnderTest, id: string, cookie: string) => Promise<string>]>([
    ['forged', async (_app, _id, cookie) => cookie.replace(/[^.]+$/, OTHER_SECRET)],
    ['forged', async (_app, _id, cookie) => cookie.replace('.0.', '.1.')],
    ['gone', async (_app, id, cookie) => cookie.replace(id, `${id.slice(0, 5)}${'A'.repeat(22)}`)],
    ['gone', async (app, _id, cookie) => (app.clock.forward(minutes(30)), cookie.replace(/[^.]+$/, OTHER_SECRET))],
    ['gone', async (app, id, cookie) => (await app.sessions.revoke(id), cookie)],
    ['expired', async (app, _id, cookie) => (app.clock.forward(minutes(30)), cookie)],
    ['superseded', async (app, _id, cookie) => (await app.sessions.passwordChanged(await app.cookie(cookie)), cookie)],
  ])('that is %s is refused, told apart in the audit trail alone, and changes nothing', async (cause, spoil) => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const spoilt = await spoil(app, session.id, cookie);
    const before = await app.store.stored(session.id);
    await expect(app.cookie(spoilt)).rejects.toEqual(new InvalidSessionError());
    expect(refusalOf(app)).toEqual([cause]);
    expect(app.eventsOf('session.refused')[0]).toMatchObject({ address: FIREFOX.address, at: app.clock.now() });
    expect(await app.store.stored(session.id)).toEqual(before);
  });

  it('of a session whose slot is not its user’s is refused: revokeAll would not find it', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    const other = await app.beside({ slotSecret: 'another secret for the slots' });
    await expect(other.cookie(cookie)).rejects.toThrow(InvalidSessionError);
    expect(refusalOf(other)).toEqual(['tampered']);
  });

  it('stays good while its key is second in the ring, and is refused when that key has left', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    const key = Buffer.alloc(32, 9).toString('base64url');
    const left = await app.beside({ keys: [key] });
    await expect(left.cookie(cookie)).rejects.toThrow(InvalidSessionError);
    expect(refusalOf(left)).toEqual(['forged']);
  });
});

describe('an intruder in the store', () => {
  it('becomes no other user by copying his record over another one, or another one over his', async () => {
    const app = await CoreUnderTest.start();
    const mallory = await app.browser({ userId: 'mallory' });
    const alice = await app.browser({ userId: 'alice' });
    const own = await app.store.stored(mallory.session.id);
    const foreign = await app.store.stored(alice.session.id);
    if (!own || !foreign) throw new Error('both were just opened');
    const { id, salt, keyId, sealed } = own;
    const swaps = [
      foreign,
      { ...foreign, id },
      { ...foreign, id, salt, keyId },
      { ...foreign, id, salt, keyId, sealed },
      { ...own, userId: 'alice' },
      { ...own, sealed: foreign.sealed },
    ];
    for (const swap of swaps) {
      app.store.intrude = () => swap;
      await expect(app.cookie(mallory.cookie)).rejects.toThrow(InvalidSessionError);
    }
    expect(new Set(refusalOf(app))).toEqual(new Set(['tampered', 'forged']));
  });

  it('raises no rights and prolongs nothing by editing his own record', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const edits = [
      { acr: 'aal3' },
      { amr: 'pwd otp' },
      { scope: 'admin' },
      { clientId: 'admin-console' },
      { channel: 'api' as const },
      { authenticatedAt: session.authenticatedAt + 1 },
      { expiresAt: session.expiresAt + 1 },
      { idleTimeout: Number.MAX_SAFE_INTEGER },
      { remembered: true },
    ];
    for (const edit of edits) {
      app.store.intrude = (record) => record && { ...record, ...edit };
      await expect(app.cookie(cookie)).rejects.toThrow(InvalidSessionError);
    }
    expect(refusalOf(app)).toEqual(edits.map((edit) => ('channel' in edit ? 'forged' : 'tampered')));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER])(
    'cannot take a session past its absolute end by setting lastSeenAt to %d',
    async (lastSeenAt) => {
      const app = await CoreUnderTest.start();
      const { session, cookie } = await app.browser();
      app.store.intrude = (record) => record && { ...record, lastSeenAt };
      app.clock.moveTo(session.expiresAt);
      await expect(app.cookie(cookie)).rejects.toThrow(InvalidSessionError);
    },
  );

  it('brings nothing back by putting back an older record: what was replaced on purpose stays dead with the newer one', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const older = await app.store.stored(session.id);
    const renewed = await app.sessions.reauthenticate(session, await app.sessions.fence('user-1'));
    app.store.intrude = (record) => older && record && { ...record, generation: 0, minGeneration: older.minGeneration };
    await expect(app.cookie(cookie)).rejects.toThrow(InvalidSessionError);
    expect(refusalOf(app)).toEqual(['tampered']);
    expect(renewed.session.id).toBe(session.id);
  });
});

describe('what is no credential of ours', () => {
  it('is told once each time, and nothing of its text', async () => {
    const app = await CoreUnderTest.start();
    const { accessToken, session } = await app.api();
    const at = app.clock.now() + minutes(5);
    await app.cookie('canary').catch(() => undefined);
    await app.token('canary.canary.canary').catch(() => undefined);
    await app.refresh('canary').catch(() => undefined);
    await app.tokens.logout('canary', FIREFOX).catch(() => undefined);
    app.clock.forward(minutes(5));
    await app.token(accessToken).catch(() => undefined); // one of ours, whose time is over
    const refused = { type: 'credential.refused', at: at - minutes(5), address: FIREFOX.address };
    expect(app.events.slice(1)).toEqual([
      { ...refused, kind: 'cookie' },
      { ...refused, kind: 'access_token' },
      { ...refused, kind: 'refresh_token' },
      { ...refused, kind: 'access_token' },
      {
        type: 'session.refused',
        at,
        cause: 'token_expired',
        sessionId: session.id,
        userId: 'user-1',
        address: FIREFOX.address,
      },
    ]);
  });
});

describe('an access token', () => {
  it('that is malformed, forged or expired is refused before the store is asked', async () => {
    const app = await CoreUnderTest.start();
    const { accessToken, refreshToken } = await app.api();
    const { cookie } = await app.browser();
    app.clock.forward(minutes(5));
    app.store.calls.length = 0;
    for (const text of ['', 'a.b.c', `${accessToken}=`, accessToken, refreshToken, cookie]) {
      await expect(app.token(text)).rejects.toEqual(new InvalidTokenError());
    }
    expect(app.store.calls).toEqual([]);
  });

  it('that was accepted before is refused once it has expired', async () => {
    const app = await CoreUnderTest.start();
    const { accessToken } = await app.api();
    await app.token(accessToken);
    app.clock.forward(minutes(5) - 1);
    await app.token(accessToken);
    app.clock.forward(1);
    await expect(app.token(accessToken)).rejects.toThrow(InvalidTokenError);
  });

  it.each<[RefusalCause, (app: CoreUnderTest, id: string, token: string) => Promise<unknown>]>([
    ['gone', (app, id) => app.sessions.revoke(id)],
    [
      'superseded',
      async (app, _id, token) => app.sessions.reauthenticate(await app.token(token), await app.sessions.fence('user-1')),
    ],
    ['tampered', async (app) => (app.store.intrude = (record) => record && { ...record, userId: 'user-2' })],
  ])('of a session that is %s is refused, although it has not expired', async (cause, act) => {
    const app = await CoreUnderTest.start();
    const { session, accessToken } = await app.api();
    await act(app, session.id, accessToken);
    await expect(app.token(accessToken)).rejects.toEqual(new InvalidTokenError());
    expect(refusalOf(app)).toEqual([cause]);
  });

  describe('of another signer with our key', () => {
    const key = ed25519Key('shared');
    const header = { alg: 'Ed25519', typ: 'at+jwt', kid: 'shared' };
    const forge = (accessToken: string, change: object) => {
      const claims: object = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString('utf8'));
      return signedBy(key, { header, payload: { ...claims, ...change } });
    };

    it('for another user is refused', async () => {
      const app = await CoreUnderTest.start({ signingKeys: [key] });
      const { accessToken } = await app.api();
      await expect(app.token(forge(accessToken, {}))).resolves.toBeDefined();
      await expect(app.token(forge(accessToken, { sub: 'user-2' }))).rejects.toThrow(InvalidTokenError);
      expect(refusalOf(app)).toEqual(['forged']);
    });

    it('never carries more scopes than its session was granted, and none when it names none', async () => {
      const app = await CoreUnderTest.start({ signingKeys: [key] });
      const { accessToken } = await app.api({ scope: 'a b' });
      const scopeOf = async (scope?: string) => (await app.token(forge(accessToken, { scope }))).scope;
      expect(await scopeOf('a b')).toEqual(['a', 'b']);
      expect(await scopeOf('b')).toEqual(['b']);
      expect(await scopeOf('a admin')).toEqual(['a']);
      expect(await scopeOf('admin')).toEqual([]);
      expect(await scopeOf('')).toEqual([]);
      expect(await scopeOf(undefined)).toEqual([]);
    });
  });
});

describe('the first use of a refresh token’s successor', () => {
  it('is noted when its access token is accepted, once', async () => {
    const app = await CoreUnderTest.start();
    const { session, accessToken } = await app.api();
    app.clock.forward(seconds(2));
    await app.token(accessToken);
    await app.sessions.settled();
    const usedAt = app.clock.now();
    app.clock.forward(seconds(2));
    await app.token(accessToken);
    await app.sessions.settled();
    expect((await app.store.stored(session.id))?.usedAt).toBe(usedAt);
    expect(app.store.count('used')).toBe(1);
  });

  it('is not noted for an older generation, nor for a browser', async () => {
    const app = await CoreUnderTest.start();
    const { session, accessToken, refreshToken } = await app.api();
    await app.refresh(refreshToken);
    await app.token(accessToken);
    const browser = await app.browser();
    await app.token((await app.sessions.accessToken(browser.session)).token);
    await app.sessions.settled();
    expect(app.store.count('used')).toBe(0);
    expect((await app.store.stored(session.id))?.usedAt).toBe(0);
  });

  it('is noted by the next request when the note was lost, and never holds a request up', async () => {
    const app = await CoreUnderTest.start();
    const { session, accessToken } = await app.api();
    app.store.fail('used');
    await expect(app.token(accessToken)).resolves.toBeDefined();
    await app.sessions.settled();
    expect((await app.store.stored(session.id))?.usedAt).toBe(0);
    await app.token(accessToken);
    await app.sessions.settled();
    expect((await app.store.stored(session.id))?.usedAt).toBe(app.clock.now());
  });

  it('without a window is noted before the request goes on, or the request is not answered', async () => {
    const app = await CoreUnderTest.start({ lifetimes: { refreshWindow: 0 } });
    const { session, accessToken } = await app.api();
    app.store.fail('used');
    await expect(app.token(accessToken)).rejects.toThrow(StoreUnavailableError);
    await app.token(accessToken);
    expect((await app.store.stored(session.id))?.usedAt).toBe(app.clock.now());
  });
});

describe('seeing a session', () => {
  it.each(['browser', 'api'] as const)('is written at most once in a touch interval (%s)', async (channel) => {
    const app = await CoreUnderTest.start({ lifetimes: { [channel]: { idle: minutes(30) }, accessToken: minutes(10) } });
    const { session, credentials } = await app.open(channel);
    const see = () => (credentials.channel === 'browser' ? app.cookie(credentials.cookie) : app.token(credentials.accessToken));
    for (let i = 0; i < 59; i += 1) {
      app.clock.forward(seconds(1));
      await see();
    }
    await app.sessions.settled();
    expect(app.store.count('touch')).toBe(0);
    app.clock.forward(seconds(1));
    await Promise.all([see(), see(), see()]);
    await app.sessions.settled();
    expect(app.store.count('touch')).toBe(1);
    expect((await app.store.stored(session.id))?.lastSeenAt).toBe(app.clock.now());
  });

  it('keeps it alive: one that is used within its idle time does not end', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    while (app.clock.now() + minutes(29) < session.expiresAt) {
      app.clock.forward(minutes(29));
      await app.cookie(cookie);
      await app.sessions.settled();
    }
    app.clock.moveTo(session.expiresAt - 1);
    await expect(app.cookie(cookie)).resolves.toBeDefined();
  });

  it('holds no request up, and fails none', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    app.clock.forward(minutes(2));
    app.store.fail('touch');
    await expect(app.cookie(cookie)).resolves.toBeDefined();
    await app.sessions.settled();
    await app.cookie(cookie);
    await app.sessions.settled();
    expect(app.store.count('touch')).toBe(2);
  });

  it('never brings it back (P3)', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    app.clock.forward(minutes(2));
    app.store.race('touch', () => app.sessions.revoke(session.id));
    await app.cookie(cookie);
    await app.sessions.settled();
    expect(await app.store.stored(session.id)).toBeUndefined();
    await expect(app.cookie(cookie)).rejects.toThrow(InvalidSessionError);
  });
});

describe('a session that another client presents', () => {
  const changed = { type: 'client.changed', address: CURL.address, device: 'curl', userId: 'user-1' };

  it('is reported by default, once per client, and goes on', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    for (let i = 0; i < 5; i += 1) await app.cookie(cookie, CURL);
    await app.cookie(cookie, FIREFOX);
    expect(app.eventsOf('client.changed')).toEqual([expect.objectContaining(changed)]);
  });

  it('is not reported for a new version or another address of the same client', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser({ device: 'my laptop' });
    await app.cookie(cookie, { address: '203.0.113.9', userAgent: FIREFOX.userAgent.replaceAll('140.0', '141.0') });
    expect(app.eventsOf('client.changed')).toEqual([]);
  });

  it('is not reported for a client that calls itself longer than what is kept', async () => {
    const app = await CoreUnderTest.start({ onClientChange: { userAgent: 'end' } });
    const client = {
      address: '192.0.2.1',
      userAgent: `Mozilla/5.0 (X11; Linux x86_64) ${'x '.repeat(300)}Chrome/141.0 Safari/537.36`,
    };
    const { cookie } = await app.browser({ client });
    await expect(app.cookie(cookie, client)).resolves.toBeDefined();
    expect(app.eventsOf('client.changed')).toEqual([]);
  });

  it('can be ignored', async () => {
    const app = await CoreUnderTest.start({ onClientChange: { userAgent: 'ignore' } });
    const { cookie } = await app.browser();
    await app.cookie(cookie, CURL);
    expect(app.eventsOf('client.changed')).toEqual([]);
  });

  it.each(['browser', 'api'] as const)('can be ended, whole and audited (%s)', async (channel) => {
    const app = await CoreUnderTest.start({ onClientChange: { userAgent: 'end' } });
    const { session, credentials } = await app.open(channel);
    const [present, refusal] =
      credentials.channel === 'browser'
        ? [(client = FIREFOX) => app.cookie(credentials.cookie, client), InvalidSessionError]
        : [(client = FIREFOX) => app.token(credentials.accessToken, client), InvalidTokenError];
    await present();
    await expect(present(CURL)).rejects.toThrow(refusal);
    expect(app.events.slice(1)).toEqual([
      expect.objectContaining({ ...changed, sessionId: session.id }),
      expect.objectContaining({ type: 'session.ended', sessionId: session.id, reason: 'client_changed' }),
    ]);
    await expect(present()).rejects.toThrow(refusal);
  });

  it('is not refused as ended while the store cannot end it', async () => {
    const app = await CoreUnderTest.start({ onClientChange: { userAgent: 'end' } });
    const { cookie } = await app.browser();
    app.store.fail('revoke');
    await expect(app.cookie(cookie, CURL)).rejects.toThrow(StoreUnavailableError);
  });
});
