import { beforeEach, describe, expect, it } from '@jest/globals';
import { CoreUnderTest, CURL, FIREFOX } from '../../../spec/core-under-test.js';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { InvalidSessionError, InvalidTokenError, StoreUnavailableError } from '../errors.js';
import { minutes, seconds } from '../options/durations.js';
import type { SessionOptions } from '../options/session-options.js';
import { freshnessOf, routeFaults, type RouteRevocation } from '../revocation/freshness.js';

const LIMIT = seconds(30);
const STALE: RouteRevocation = { within: 0, serveStale: LIMIT };

describe('a route that serves stale answers while the store is away', () => {
  let one: CoreUnderTest;
  let two: CoreUnderTest;
  let watch: HeldStopwatch;

  beforeEach(() => start());

  async function start(options: Partial<SessionOptions> = {}): Promise<void> {
    one = await CoreUnderTest.start(options);
    watch = new HeldStopwatch();
    two = await one.beside({}, watch);
  }

  const ask = (cookie: string, mode: RouteRevocation = STALE) => two.sessions.authenticateCookie(cookie, FIREFOX, mode);
  const askWith = (token: string, mode: RouteRevocation = STALE) => two.sessions.authenticateToken(token, FIREFOX, mode);
  /** Another instance ends a session; this one does not hear of it. */
  const endElsewhere = (id: string) => one.sessions.revoke(id);
  const away = (isAway = true) => {
    one.store.isAway = isAway;
  };

  it('asks the store each time while it answers, however fresh the copy is', async () => {
    const { cookie, session } = await one.browser();
    expect((await ask(cookie)).isStale).toBe(false);
    expect((await ask(cookie)).isStale).toBe(false);
    expect(one.store.count('find')).toBe(2);
    await endElsewhere(session.id);
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('is served by cookie and by token from what was read last, and the handler can tell', async () => {
    const { cookie, session } = await one.browser();
    const api = await one.api();
    await ask(cookie);
    await askWith(api.accessToken);
    await two.sessions.settled();
    away();
    expect(await ask(cookie)).toMatchObject({ id: session.id, isStale: true });
    expect(await askWith(api.accessToken)).toMatchObject({ id: api.session.id, isStale: true });
  });

  it('is served until the limit after the read was sent, and then 503', async () => {
    const { cookie } = await one.browser();
    one.store.race('find', async () => watch.forward(seconds(10))); // a slow answer
    await ask(cookie);
    away();
    watch.forward(seconds(20));
    await expect(ask(cookie)).resolves.toBeDefined();
    watch.forward(1);
    await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError);
    away(false);
    expect((await ask(cookie)).isStale).toBe(false);
  });

  it.each([
    ['the wall clock has passed the limit, though the machine slept', 0, LIMIT + 1],
    ['the wall clock went back', 1, -1],
  ])('is not served when %s', async (_, monotonic, wall) => {
    const { cookie } = await one.browser();
    await ask(cookie);
    away();
    watch.monotonic += monotonic;
    watch.wall += wall;
    await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError);
  });

  it('is refused on every other route, whatever copies there are: served stale is only who asks for it', async () => {
    const { cookie } = await one.browser();
    await ask(cookie);
    away();
    await expect(ask(cookie, 'strict')).rejects.toThrow(StoreUnavailableError);
    await expect(ask(cookie, { within: 0 })).rejects.toThrow(StoreUnavailableError);
    watch.forward(seconds(2));
    await expect(ask(cookie, { within: 1_000 })).rejects.toThrow(StoreUnavailableError);
  });

  it('is served from no copy that a strict request alone has read', async () => {
    const { cookie } = await one.browser();
    await ask(cookie, 'strict');
    away();
    await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError);
  });

  it('does not outlive its end: neither the idle nor the absolute one (P10)', async () => {
    await start({ lifetimes: { browser: { idle: minutes(10), absolute: minutes(10) } } });
    const { cookie, session } = await one.browser();
    await ask(cookie);
    away();
    two.clock.moveTo(session.endsAt - 1);
    await expect(ask(cookie)).resolves.toBeDefined();
    two.clock.moveTo(session.endsAt);
    await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError);
  });

  it('does not accept what the store would refuse: a guess, an older secret', async () => {
    const { cookie, session } = await one.browser();
    const renewed = await two.sessions.reauthenticate(await ask(cookie), await two.sessions.fence(session.userId));
    if (renewed.credentials.channel !== 'browser') throw new Error('a browser session was renewed');
    watch.forward(1);
    await ask(renewed.credentials.cookie);
    away();
    await expect(ask(renewed.credentials.cookie)).resolves.toBeDefined();
    await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError);
    await expect(ask(cookie.replace(/[^.]+$/, 'A'.repeat(43)))).rejects.toThrow(StoreUnavailableError);
  });

  it('is refused 401 where that needs no store', async () => {
    away();
    await expect(ask('x')).rejects.toThrow(InvalidSessionError);
    await expect(askWith('x')).rejects.toThrow(InvalidTokenError);
  });

  it('mints nothing and writes nothing', async () => {
    const { cookie } = await one.browser();
    await ask(cookie);
    away();
    const session = await ask(cookie);
    await expect(two.sessions.accessToken(session)).rejects.toThrow(StoreUnavailableError);
    await expect(two.sessions.writeData(session, () => ({}))).rejects.toThrow(StoreUnavailableError);
    away(false);
    await expect(two.sessions.accessToken(session)).rejects.toThrow(StoreUnavailableError); // it is still the same picture
    await expect(two.sessions.accessToken(await ask(cookie))).resolves.toBeDefined();
  });

  it('is not served to the first use of a token, which the store would never hear of', async () => {
    const { accessToken, refreshToken } = await one.api();
    one.store.fail('used');
    await askWith(accessToken);
    await two.sessions.settled();
    away();
    await expect(askWith(accessToken)).rejects.toThrow(StoreUnavailableError);
    away(false);
    const next = await one.refresh(refreshToken);
    await askWith(accessToken);
    away();
    await expect(askWith(next.accessToken)).rejects.toThrow(StoreUnavailableError); // its generation was never read here
  });

  it('does not serve a client that the policy would end', async () => {
    await start({ onClientChange: { userAgent: 'end' } });
    const { cookie } = await one.browser();
    await ask(cookie);
    away();
    await expect(two.sessions.authenticateCookie(cookie, CURL, STALE)).rejects.toThrow(StoreUnavailableError);
    await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError); // it was to be ended, so it is not served here any more
  });

  it('is counted, and told once per copy with its age', async () => {
    const { cookie, session } = await one.browser();
    await ask(cookie);
    away();
    watch.forward(seconds(5));
    for (let i = 0; i < 3; i += 1) await ask(cookie);
    const told = { type: 'session.served_stale', at: two.clock.now(), sessionId: session.id, userId: session.userId };
    expect(two.eventsOf('session.served_stale')).toEqual([{ ...told, age: 5_000 }]);
    away(false);
    await ask(cookie);
    away();
    watch.forward(seconds(1));
    await ask(cookie);
    expect(two.eventsOf('session.served_stale')).toEqual([
      { ...told, age: 5_000 },
      { ...told, age: 1_000 },
    ]);
    expect(two.health.state.servedStale).toBe(4);
  });

  describe('when this instance knows that the session is over, or may be', () => {
    let cookie: string;
    let id: string;
    let userId: string;

    beforeEach(async () => {
      const opened = await one.browser();
      ({ cookie } = opened);
      ({ id, userId } = opened.session);
      await ask(cookie);
      watch.forward(1);
    });

    it.each<[string, () => Promise<unknown>]>([
      ['it has ended it', () => two.sessions.revoke(id)],
      ['it has ended all of the user', () => two.sessions.revokeAll(userId)],
      ['it has ended everyone', () => two.sessions.revokeEveryone()],
      [
        'it was told by the feed',
        async () => {
          two.feed.start(() => undefined);
          await new Promise(setImmediate);
          watch.forward(1);
          await ask(cookie);
          await endElsewhere(id);
        },
      ],
      ['a strict request found it gone', async () => (await endElsewhere(id), ask(cookie, 'strict').catch(() => undefined))],
      ['its id alone was found gone', async () => (await endElsewhere(id), two.sessions.revokeOwn(userId, id).catch(() => 0))],
      [
        'a strict request found its secret replaced',
        async () => {
          await one.sessions.passwordChanged(await one.cookie(cookie));
          return ask(cookie, 'strict').catch(() => undefined);
        },
      ],
    ])('is not served: %s', async (_, learn) => {
      await learn();
      away();
      await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError);
    });

    it.each<[string, () => Promise<unknown>]>([
      ['end it', () => two.sessions.revoke(id)],
      ['end all of the user', () => two.sessions.revokeAll(userId)],
      ['end everyone', () => two.sessions.revokeEveryone()],
      ['change the rights of the user', () => two.sessions.setPrincipal(userId, { username: 'alice', roles: [] })],
    ])('is not served after an attempt to %s that the store did not answer', async (_, attempt) => {
      away();
      await expect(ask(cookie)).resolves.toBeDefined();
      await expect(attempt()).rejects.toThrow(StoreUnavailableError);
      await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError);
    });

    it.each<['revokeAll' | 'renew' | 'write', () => Promise<unknown>]>([
      ['revokeAll', async () => two.sessions.passwordChanged(await two.cookie(cookie))],
      ['renew', async () => two.sessions.reauthenticate(await two.cookie(cookie), await two.sessions.fence(userId))],
      ['write', async () => two.sessions.writeData(await two.cookie(cookie), () => ({ step: 2 }))],
      ['write', () => two.sessions.setPrincipal(userId, { username: 'alice', roles: [] })],
    ])('is not served after a change of secret, data or rights whose %s lost its answer', async (method, change) => {
      one.store.lose(method);
      await expect(change()).rejects.toThrow(StoreUnavailableError);
      away();
      await expect(ask(cookie)).rejects.toThrow(StoreUnavailableError);
    });

    it('is not served after a refresh whose answer was lost: it may have ended the session for reuse', async () => {
      const api = await one.api();
      await askWith(api.accessToken);
      await two.sessions.settled();
      one.store.lose('rotate');
      await expect(two.refresh(api.refreshToken)).rejects.toThrow(StoreUnavailableError);
      away();
      await expect(askWith(api.accessToken)).rejects.toThrow(StoreUnavailableError);
    });

    it('shows what any other request has read since', async () => {
      await one.sessions.setPrincipal(userId, { username: 'alice', roles: ['boss'] });
      await ask(cookie, 'strict');
      away();
      expect((await ask(cookie)).principal.roles).toEqual(['boss']);
    });
  });
});

describe('the mode of a route', () => {
  it.each<[RouteRevocation]>([
    ['strict'],
    [{ within: 0 }],
    [{ within: 500 }],
    [{ within: 0, serveStale: 1_000 }],
    [{ within: 1_000, serveStale: 1_000 }],
    [{ within: 0, serveStale: 3_600_000 }],
  ])('may be %j', (mode) => {
    expect(routeFaults(mode)).toEqual([]);
  });

  it.each([
    [{ within: -1 }, /within: milliseconds of 0 or more/],
    ['lenient', /must be "strict" or/],
    [{ serveStale: 5_000 }, /must be "strict" or/],
    [{ within: 0, serveStale: 30 }, /serveStale must be 1000 to 3600000 ms, not 30: write seconds\(30\), or leave it out/],
    [{ within: 0, serveStale: 0 }, /not 0/],
    [{ within: 0, serveStale: 3_600_001 }, /not 3600001/],
    [{ within: 0, serveStale: Infinity }, /not Infinity/],
    [{ within: 0, serveStale: '30' }, /not 30/],
    [{ within: 2_000, serveStale: 1_000 }, /serveStale \(1000 ms\) must not be below within \(2000 ms\)/],
  ])('must not be %j', (mode, fault) => {
    expect(routeFaults(mode as RouteRevocation).join(' ')).toMatch(fault);
  });

  it('serves nothing stale that does not say so', () => {
    expect([freshnessOf('strict').serveStale, freshnessOf({ within: 500 }).serveStale]).toEqual([0, 0]);
  });
});
