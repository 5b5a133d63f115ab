import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, CURL, FIREFOX } from '../../spec/core-under-test.js';
import { FencedError, SessionEvictedError, SessionLimitError } from './errors.js';
import { days, hours, minutes } from './options/durations.js';

describe('opening a session', () => {
  it('for a browser gives a cookie, a CSRF token and the picture of the session', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie, csrfToken, maxAge } = await app.browser();
    const now = app.clock.now();
    expect(session).toMatchObject({
      userId: 'user-1',
      channel: 'browser',
      clientId: undefined,
      scope: [],
      createdAt: now,
      authenticatedAt: now,
      lastSeenAt: now,
      expiresAt: now + hours(8),
      endsAt: now + minutes(30),
      remembered: false,
      amr: ['pwd'],
      acr: 'aal1',
      principal: { username: 'name of user-1', roles: ['clerk'] },
      device: { label: 'Firefox on Linux', address: FIREFOX.address },
      data: {},
    });
    expect(maxAge).toBeUndefined();
    expect((await app.cookie(cookie)).id).toBe(session.id);
    expect(app.sessions.holdsCsrfToken(session, csrfToken)).toBe(true);
  });

  it('for an API client gives an access token and a refresh token', async () => {
    const app = await CoreUnderTest.start();
    const { session, accessToken, refreshToken, expiresIn, scope } = await app.api({
      clientId: 'mobile',
      scope: 'a b',
      client: CURL,
    });
    expect(session).toMatchObject({
      channel: 'api',
      clientId: 'mobile',
      scope: ['a', 'b'],
      expiresAt: app.clock.now() + days(30),
    });
    expect({ expiresIn, scope }).toEqual({ expiresIn: 300, scope: 'a b' });
    expect(await app.token(accessToken, CURL)).toMatchObject({ id: session.id, scope: ['a', 'b'] });
    expect(refreshToken).toMatch(/^nhs_r_/);
  });

  it('that is remembered gives the lifetime of its own, to the server and to the cookie', async () => {
    const app = await CoreUnderTest.start();
    const { session, maxAge } = await app.browser({ remember: true });
    expect(session).toMatchObject({
      remembered: true,
      expiresAt: app.clock.now() + days(30),
      endsAt: app.clock.now() + days(14),
    });
    expect(maxAge).toBe(30 * 86_400);
  });

  it('for an API client cannot be remembered', async () => {
    const app = await CoreUnderTest.start({ preset: 'aal1' });
    const { session } = await app.api({ remember: true });
    expect(session).toMatchObject({ remembered: false, endsAt: app.clock.now() + days(7) });
  });

  it('says how the person was authenticated, as the host says and never the client', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser({ amr: ['pwd', 'otp'], acr: 'aal2' });
    expect(session).toMatchObject({ amr: ['pwd', 'otp'], acr: 'aal2' });
  });

  it('keeps of what a client says of itself the kind of program alone, and its name for itself short', async () => {
    const app = await CoreUnderTest.start();
    const client = { address: '192.0.2.1', userAgent: 'x'.repeat(10_000) };
    const [{ session }, named] = [await app.browser({ client }), await app.browser({ client, device: 'y'.repeat(10_000) })];
    expect(session.device).toEqual({ label: 'x'.repeat(60), address: '192.0.2.1' });
    expect(named.session.device).toEqual({ label: 'y'.repeat(100), program: 'x'.repeat(60), address: '192.0.2.1' });
  });

  it('is audited', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser({ device: 'Till 3' });
    expect(app.events).toEqual([
      {
        type: 'session.opened',
        at: app.clock.now(),
        sessionId: session.id,
        userId: 'user-1',
        channel: 'browser',
        address: FIREFOX.address,
        device: 'Till 3',
      },
    ]);
  });

  it('gives everything anew each time: nothing of an older session can be fixed on the next', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.browser();
    const second = await app.browser();
    const records = await Promise.all([first, second].map(({ session }) => app.store.stored(session.id)));
    expect(first.session.id).not.toBe(second.session.id);
    expect(first.cookie).not.toBe(second.cookie);
    expect(records[0]?.salt).not.toBe(records[1]?.salt);
  });

  it('leaves nothing in the store that logs in or that tells who the person is (P6)', async () => {
    const app = await CoreUnderTest.start();
    const { session, accessToken, refreshToken } = await app.api();
    const text = JSON.stringify(await app.store.stored(session.id));
    const secrets = [
      refreshToken.split('.').at(-1),
      ...accessToken.split('.'),
      'name of user-1',
      'clerk',
      'Firefox',
      FIREFOX.address,
    ];
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe('a login under way is fenced (P2)', () => {
  it('by revokeAll', async () => {
    const app = await CoreUnderTest.start();
    const fence = await app.sessions.fence('user-1');
    await app.sessions.revokeAll('user-1');
    await expect(app.browser({ fence })).rejects.toThrow(FencedError);
    await expect(app.api({ fence })).rejects.toThrow(FencedError);
    expect(await app.sessions.list('user-1')).toEqual([]);
    expect(app.eventsOf('session.opened')).toEqual([]);
  });

  it.each<[string, (app: CoreUnderTest) => Promise<unknown>]>([
    ['a change of rights', (app) => app.sessions.setPrincipal('user-1', { username: 'a', roles: [] })],
    ['the end of all other sessions', async (app) => app.sessions.revokeOthers((await app.browser()).session)],
    ['the end of everyone', (app) => app.sessions.revokeEveryone()],
    ['a password change in another session', async (app) => app.sessions.passwordChanged((await app.browser()).session)],
  ])('by %s', async (_, act) => {
    const app = await CoreUnderTest.start();
    const fence = await app.sessions.fence('user-1');
    await act(app);
    await expect(app.browser({ fence })).rejects.toThrow(FencedError);
  });

  it('even when that happens while the session is being created', async () => {
    const app = await CoreUnderTest.start();
    app.store.race('create', () => app.sessions.revokeAll('user-1'));
    await expect(app.browser()).rejects.toThrow(FencedError);
  });

  it('by the fence of its own user alone', async () => {
    const app = await CoreUnderTest.start();
    const fence = await app.sessions.fence('user-1');
    await app.sessions.revokeAll('user-2');
    await expect(app.browser({ fence })).resolves.toBeDefined();
    await expect(app.browser({ userId: 'user-2', fence })).rejects.toThrow(FencedError);
    await expect(app.browser({ fence: '' })).rejects.toThrow(FencedError);
  });
});

describe('the limit of sessions', () => {
  const evict = { limit: { max: 2, policy: 'evict' } } as const;

  it('ends the least recently seen, which is audited, dead, and told why', async () => {
    const app = await CoreUnderTest.start(evict);
    const first = await app.browser();
    app.clock.forward(minutes(1));
    const second = await app.browser();
    app.clock.forward(minutes(1));
    await app.cookie(first.cookie);
    await app.sessions.settled();
    await app.browser();
    expect(app.eventsOf('session.ended')).toEqual([
      {
        type: 'session.ended',
        at: app.clock.now(),
        sessionId: second.session.id,
        userId: 'user-1',
        reason: 'evicted',
        address: FIREFOX.address,
      },
    ]);
    await expect(app.cookie(second.cookie)).rejects.toThrow(SessionEvictedError);
    await expect(app.cookie(first.cookie)).resolves.toBeDefined();
  });

  it('counts each channel and each user for itself', async () => {
    const app = await CoreUnderTest.start(evict);
    await Promise.all([app.browser(), app.browser(), app.api(), app.api(), app.browser({ userId: 'user-2' })]);
    expect(app.eventsOf('session.ended')).toEqual([]);
  });

  it('never counts the expired', async () => {
    const app = await CoreUnderTest.start(evict);
    await Promise.all([app.browser(), app.browser()]);
    app.clock.forward(minutes(30));
    await app.browser();
    expect(app.eventsOf('session.ended')).toEqual([]);
  });

  it('refuses one more where that is chosen, and then opens nothing and ends nothing', async () => {
    const app = await CoreUnderTest.start({ limit: { max: 1, policy: 'refuse' } });
    const { cookie } = await app.browser();
    await expect(app.browser()).rejects.toThrow(SessionLimitError);
    expect(app.events.map(({ type }) => type)).toEqual(['session.opened', 'session.limit_reached']);
    await expect(app.cookie(cookie)).resolves.toBeDefined();
  });

  it.each([['refuse'], ['evict']] as const)('makes room for a login that asks to end the others, under %s', async (policy) => {
    const app = await CoreUnderTest.start({ limit: { max: 2, policy } });
    const others = [await app.browser(), await app.browser()];
    const api = await app.api();
    const { session } = await app.browser({ endOthers: true });
    expect((await app.sessions.list('user-1')).map(({ id }) => id).toSorted()).toEqual([session.id, api.session.id].toSorted());
    expect(app.eventsOf('session.ended')).toHaveLength(others.length);
  });

  it('holds under n parallel logins (P9)', async () => {
    const app = await CoreUnderTest.start(evict);
    const opened = await Promise.all(Array.from({ length: 20 }, () => app.browser()));
    expect(await app.sessions.list('user-1')).toHaveLength(2);
    const alive = await Promise.allSettled(opened.map(({ cookie }) => app.cookie(cookie)));
    expect(alive.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  it('can be lifted', async () => {
    const app = await CoreUnderTest.start({ limit: 'unlimited' });
    await Promise.all(Array.from({ length: 20 }, () => app.browser()));
    expect(await app.sessions.list('user-1')).toHaveLength(20);
  });
});
