import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, CURL } from '../../spec/core-under-test.js';
import { InvalidGrantError, InvalidSessionError, InvalidTokenError, SessionNotFoundError } from './errors.js';
import { hours, minutes, seconds } from './options/durations.js';

const UNKNOWN = '00ff.AAAAAAAAAAAAAAAAAAAAAA';

describe('ending a session (P1)', () => {
  it('kills its cookie and the access tokens of its page, on every instance', async () => {
    const app = await CoreUnderTest.start();
    const other = await app.beside();
    const { session, cookie } = await app.browser();
    const { token } = await app.sessions.accessToken(session);
    await other.cookie(cookie);
    await other.token(token);
    expect(await app.sessions.revoke(session.id)).toBe(true);
    for (const instance of [app, other]) {
      await expect(instance.cookie(cookie)).rejects.toThrow(InvalidSessionError);
      await expect(instance.token(token)).rejects.toThrow(InvalidTokenError);
    }
  });

  it('kills its refresh token and every access token it was ever given', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    const second = await app.refresh(first.refreshToken);
    await app.sessions.revoke(first.session.id);
    for (const { accessToken, refreshToken } of [first, second]) {
      await expect(app.token(accessToken)).rejects.toThrow(InvalidTokenError);
      await expect(app.refresh(refreshToken)).rejects.toThrow(InvalidGrantError);
    }
  });

  it('is audited with its reason, once', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    expect(await app.sessions.revoke(session.id, 'administrator')).toBe(true);
    expect(await app.sessions.revoke(session.id, 'administrator')).toBe(false);
    expect(app.eventsOf('session.ended')).toEqual([
      { type: 'session.ended', at: app.clock.now(), sessionId: session.id, userId: 'user-1', reason: 'administrator' },
    ]);
  });

  it('that is expired is nothing to end', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    app.clock.forward(minutes(30));
    expect(await app.sessions.revoke(session.id)).toBe(false);
    expect(app.ended('revoked')).toEqual([]);
  });

  it.each(['', '*', UNKNOWN, 'a'.repeat(10_240), '__proto__', '\u0000'])('by the id %j ends nothing', async (id) => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    expect(await app.sessions.revoke(id)).toBe(false);
    await expect(app.cookie(cookie)).resolves.toBeDefined();
    expect(app.store.count('revoke')).toBe(id === UNKNOWN ? 1 : 0);
  });

  it('of one’s own takes the id of one’s own: a foreign, an unknown and a dead id are not told apart', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    const foreign = await app.browser({ userId: 'user-2' });
    const dead = await app.browser();
    await app.sessions.revoke(dead.session.id);
    for (const id of [foreign.session.id, UNKNOWN, dead.session.id, 'malformed']) {
      await expect(app.sessions.revokeOwn('user-1', id)).rejects.toEqual(new SessionNotFoundError());
    }
    await expect(app.cookie(foreign.cookie)).resolves.toBeDefined();
    await app.sessions.revokeOwn('user-1', own.session.id, 'logout');
    expect(app.ended('logout')).toEqual([own.session.id]);
  });

  it('of one’s own that ends in that moment is not found, and is audited once', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    app.store.race('revoke', () => app.sessions.revoke(session.id, 'administrator'));
    await expect(app.sessions.revokeOwn('user-1', session.id)).rejects.toThrow(SessionNotFoundError);
    expect(app.eventsOf('session.ended')).toHaveLength(1);
  });
});

describe('ending several sessions', () => {
  it('ends all of a user, audited one by one, and none of another', async () => {
    const app = await CoreUnderTest.start();
    const own = [await app.browser(), await app.api()];
    const foreign = await app.browser({ userId: 'user-2' });
    expect(await app.sessions.revokeAll('user-1', { reason: 'account_disabled' })).toBe(2);
    expect(new Set(app.ended('account_disabled'))).toEqual(new Set(own.map(({ session }) => session.id)));
    await expect(app.cookie(foreign.cookie)).resolves.toBeDefined();
    expect(await app.sessions.revokeAll('user-1')).toBe(0);
  });

  it('ends all others and leaves one’s own as it is', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    const others = [await app.browser(), await app.api()];
    expect(await app.sessions.revokeOthers(own.session)).toBe(2);
    expect(new Set(app.ended('logout_others'))).toEqual(new Set(others.map(({ session }) => session.id)));
    await expect(app.cookie(own.cookie)).resolves.toBeDefined();
  });

  it('ends all others even when one’s own has ended meanwhile', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    await app.browser();
    await app.sessions.revoke(own.session.id);
    expect(await app.sessions.revokeOthers(own.session)).toBe(1);
    expect(await app.sessions.list('user-1')).toEqual([]);
  });

  it('ends everyone', async () => {
    const app = await CoreUnderTest.start();
    const opened = [await app.browser(), await app.browser({ userId: 'user-2' })];
    expect(await app.sessions.revokeEveryone()).toBe(2);
    for (const { cookie } of opened) await expect(app.cookie(cookie)).rejects.toThrow(InvalidSessionError);
    expect(app.eventsOf('everyone.ended')).toEqual([{ type: 'everyone.ended', at: app.clock.now(), count: 2 }]);
  });
});

describe('the list of sessions', () => {
  it('shows the live ones of a user, the most recently seen first', async () => {
    const app = await CoreUnderTest.start();
    const laptop = await app.browser({ device: 'laptop' });
    app.clock.forward(seconds(1));
    const phone = await app.api({ client: CURL, clientId: 'mobile' });
    await app.browser({ userId: 'user-2' });
    app.clock.forward(minutes(2));
    await app.cookie(laptop.cookie);
    await app.sessions.settled();
    expect(await app.sessions.list('user-1')).toMatchObject([
      { id: laptop.session.id, channel: 'browser', device: { label: 'laptop' }, lastSeenAt: app.clock.now() },
      { id: phone.session.id, channel: 'api', clientId: 'mobile', device: { label: 'curl', address: CURL.address } },
    ]);
  });

  it('leaves out the expired, the ended, and what was tampered with', async () => {
    const app = await CoreUnderTest.start();
    const [gone, spoilt] = [await app.browser(), await app.browser()];
    app.clock.forward(minutes(20));
    const alive = await app.browser();
    const ended = await app.browser();
    await app.sessions.revoke(ended.session.id);
    await app.store.touch(spoilt.session.id, app.clock.now());
    app.store.intrude = (record, id) => record && (id === spoilt.session.id ? { ...record, acr: 'aal3' } : record);
    app.clock.forward(minutes(10));
    expect((await app.sessions.list('user-1')).map(({ id }) => id)).toEqual([alive.session.id]);
    await expect(app.cookie(gone.cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('of a user without sessions is empty', async () => {
    const app = await CoreUnderTest.start();
    expect(await app.sessions.list('nobody')).toEqual([]);
  });
});

describe('the lifetime of a session (P10)', () => {
  it('of a browser ends when it was not used for its idle time', async () => {
    const app = await CoreUnderTest.start({ lifetimes: { browser: { idle: minutes(10) } } });
    const { session, cookie } = await app.browser();
    expect(session.endsAt).toBe(session.createdAt + minutes(10));
    app.clock.moveTo(session.endsAt - 1);
    const seen = await app.cookie(cookie);
    await app.sessions.settled();
    expect(seen.expiresAt).toBe(session.expiresAt);
    app.clock.forward(minutes(10));
    await expect(app.cookie(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('of an API client ends when it was not used for its idle time', async () => {
    const app = await CoreUnderTest.start({ lifetimes: { api: { idle: minutes(10) } } });
    const first = await app.api();
    expect(first.session.endsAt).toBe(first.session.createdAt + minutes(10));
    app.clock.moveTo(first.session.endsAt - 1);
    const second = await app.refresh(first.refreshToken);
    app.clock.forward(minutes(10));
    await expect(app.refresh(second.refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(app.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    expect(app.eventsOf('session.ended')).toEqual([]);
  });

  it('of a browser ends at its absolute end, however busy it is', async () => {
    const app = await CoreUnderTest.start({ lifetimes: { browser: { idle: minutes(10), absolute: hours(1) } } });
    const { session, cookie } = await app.browser();
    for (let minute = 1; minute < 60; minute += 1) {
      app.clock.forward(minutes(1));
      expect((await app.cookie(cookie)).expiresAt).toBe(session.expiresAt);
      await app.sessions.settled();
    }
    app.clock.moveTo(session.expiresAt - 1);
    await app.cookie(cookie);
    app.clock.moveTo(session.expiresAt);
    await expect(app.cookie(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('of an API client ends at its absolute end, however often it is refreshed', async () => {
    const app = await CoreUnderTest.start({ lifetimes: { api: { idle: minutes(10), absolute: hours(1) } } });
    const { session, ...first } = await app.api();
    let pair = first;
    for (let minute = 1; minute < 60; minute += 1) {
      app.clock.forward(minutes(1));
      pair = { ...pair, ...(await app.refresh(pair.refreshToken)) };
      expect((await app.token(pair.accessToken)).expiresAt).toBe(session.expiresAt);
    }
    app.clock.moveTo(session.expiresAt - 1_000);
    pair = { ...pair, ...(await app.refresh(pair.refreshToken)) };
    expect(pair.expiresIn).toBe(1);
    app.clock.moveTo(session.expiresAt);
    await expect(app.token(pair.accessToken)).rejects.toThrow(InvalidTokenError);
    await expect(app.refresh(pair.refreshToken)).rejects.toThrow(InvalidGrantError);
  });

  it('is not prolonged by re-authentications', async () => {
    const app = await CoreUnderTest.start({ lifetimes: { browser: { idle: minutes(30), absolute: hours(1) } } });
    const { session } = await app.browser();
    let current = session;
    for (let i = 0; i < 5; i += 1) {
      app.clock.forward(minutes(10));
      current = (await app.sessions.reauthenticate(current, await app.sessions.fence('user-1'))).session;
      expect(current).toMatchObject({ authenticatedAt: app.clock.now(), expiresAt: session.expiresAt });
    }
    app.clock.moveTo(session.expiresAt);
    await expect(app.sessions.reauthenticate(current, await app.sessions.fence('user-1'))).rejects.toThrow(InvalidSessionError);
  });

  it('is its own: access tokens end with the session that is idle', async () => {
    const app = await CoreUnderTest.start({ lifetimes: { api: { idle: minutes(1), absolute: hours(1) } } });
    const { accessToken } = await app.api();
    app.clock.forward(minutes(1));
    await expect(app.token(accessToken)).rejects.toThrow(InvalidTokenError);
    expect(app.eventsOf('session.refused')).toEqual([expect.objectContaining({ cause: 'expired', userId: 'user-1' })]);
  });
});

describe('an access token for a session that is there', () => {
  it('is good for that session, for its lifetime', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const { token, expiresIn } = await app.sessions.accessToken(session);
    expect(expiresIn).toBe(300);
    expect(await app.token(token)).toMatchObject({ id: session.id, channel: 'browser' });
  });

  it('never has more scopes than the request that asked for it', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api({ scope: 'a b c' });
    const { accessToken } = await app.refresh(first.refreshToken, { scope: 'b' });
    const narrow = await app.token(accessToken);
    expect(narrow.scope).toEqual(['b']);
    const { token } = await app.sessions.accessToken(narrow);
    expect((await app.token(token)).scope).toEqual(['b']);
  });

  it('counts as use of the credential that asked for it, not of a successor whose answer may be lost (P4)', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    await app.refresh(first.refreshToken); // the answer is lost: the client still holds the first pair
    const { token } = await app.sessions.accessToken(await app.token(first.accessToken));
    await app.token(token);
    await app.sessions.settled();
    app.clock.forward(minutes(5));
    await expect(app.refresh(first.refreshToken)).resolves.toBeDefined();
  });

  it('dies with the secret of the session it was made for', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const { token } = await app.sessions.accessToken(session);
    await app.sessions.passwordChanged(session);
    await expect(app.token(token)).rejects.toThrow(InvalidTokenError);
  });
});

describe('the CSRF token of a session', () => {
  it('is held by the session of that cookie alone, on every instance', async () => {
    const app = await CoreUnderTest.start();
    const other = await app.beside();
    const { cookie, csrfToken } = await app.browser();
    const foreign = await app.browser();
    expect(other.sessions.holdsCsrfToken(await other.cookie(cookie), csrfToken)).toBe(true);
    expect(other.sessions.holdsCsrfToken(await other.cookie(cookie), app.sessions.csrfToken(await app.cookie(cookie)))).toBe(
      true,
    );
    expect(app.sessions.holdsCsrfToken(await app.cookie(foreign.cookie), csrfToken)).toBe(false);
  });
});

describe('a session that a handler answers with', () => {
  it('shows what its owner may see, and neither salt nor seal', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const shown = JSON.stringify(session);
    expect(shown).toContain(session.id);
    expect(shown).not.toContain(session.record.salt);
    expect(shown).not.toContain(session.record.sealed);
  });
});
