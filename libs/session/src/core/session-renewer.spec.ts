import { describe, expect, it } from '@jest/globals';
import { apiOf, browserOf, CoreUnderTest } from '../../spec/core-under-test.js';
import {
  ConflictError,
  DataTooLargeError,
  FencedError,
  InvalidGrantError,
  InvalidSessionError,
  InvalidTokenError,
} from './errors.js';
import { minutes } from './options/durations.js';
import type { Session } from './session.js';

const MAX_DATA_BYTES = 4_096;

/** Before each call of a method, another request changes the data of the session. */
function alwaysRace(app: CoreUnderTest, method: 'write' | 'renew' | 'revokeAll', session: Session): void {
  app.store.race(method, async () => {
    await app.sessions.writeData(session, (data) => ({ n: Number(data['n'] ?? 0) + 1 }));
    alwaysRace(app, method, session);
  });
}

describe('a re-authentication', () => {
  it('by password leaves no claim of the factors that were proven at login, only of what was proven now', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.api({ amr: ['pwd', 'otp'], acr: 'aal2' });
    const byPassword = apiOf(await app.sessions.reauthenticate(session, await app.sessions.fence('user-1')));
    expect(await app.token(byPassword.accessToken)).toMatchObject({ amr: ['pwd'], acr: 'aal1' });
    const proven = { amr: ['pwd', 'hwk'], acr: 'aal3' };
    const fence = await app.sessions.fence('user-1');
    const byKey = apiOf(await app.sessions.reauthenticate(byPassword.session, fence, proven));
    expect(await app.token(byKey.accessToken)).toMatchObject(proven);
  });

  it('gives a browser a new cookie, and the old one is dead', async () => {
    const app = await CoreUnderTest.start();
    const before = await app.browser();
    app.clock.forward(minutes(3));
    const after = browserOf(await app.sessions.reauthenticate(before.session, await app.sessions.fence('user-1')));
    await expect(app.cookie(before.cookie)).rejects.toThrow(InvalidSessionError);
    expect(await app.cookie(after.cookie)).toMatchObject({ id: before.session.id, authenticatedAt: app.clock.now() });
    expect(app.eventsOf('session.renewed')).toEqual([
      { type: 'session.renewed', at: app.clock.now(), sessionId: before.session.id, userId: 'user-1', cause: 'reauthenticated' },
    ]);
  });

  it('gives an API client a new pair, and every older token of the session is dead, rotated ones included', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    const second = await app.refresh(first.refreshToken);
    const session = await app.token(second.accessToken);
    const after = apiOf(await app.sessions.reauthenticate(session, await app.sessions.fence('user-1')));
    for (const { accessToken, refreshToken } of [first, second]) {
      await expect(app.token(accessToken)).rejects.toThrow(InvalidTokenError);
      await expect(app.refresh(refreshToken)).rejects.toThrow(InvalidGrantError);
    }
    await expect(app.token(after.accessToken)).resolves.toBeDefined();
    await expect(app.refresh(after.refreshToken)).resolves.toBeDefined();
    expect(app.eventsOf('session.ended')).toEqual([]);
  });

  it('ends the CSRF tokens of the old cookie', async () => {
    const app = await CoreUnderTest.start();
    const before = await app.browser();
    const after = browserOf(await app.sessions.reauthenticate(before.session, await app.sessions.fence('user-1')));
    expect(app.sessions.holdsCsrfToken(after.session, before.csrfToken)).toBe(false);
    expect(app.sessions.holdsCsrfToken(after.session, after.csrfToken)).toBe(true);
  });

  it('keeps everything else: identity, rights, data, limits, and never moves the absolute end (P10)', async () => {
    const app = await CoreUnderTest.start();
    const before = await app.browser({ remember: true });
    await app.sessions.writeData(before.session, () => ({ cart: [1, 2] }));
    app.clock.forward(minutes(3));
    const after = browserOf(await app.sessions.reauthenticate(before.session, await app.sessions.fence('user-1')));
    const { id, userId, createdAt, expiresAt, remembered, amr, acr, principal, device } = before.session;
    expect(after.session).toMatchObject({ id, userId, createdAt, expiresAt, remembered, amr, acr, principal, device });
    expect(after.session.data).toEqual({ cart: [1, 2] });
    expect(after.maxAge).toBe((expiresAt - app.clock.now()) / 1000);
  });

  it('is fenced by what ended the others meanwhile, and by the fence of another user', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const fence = await app.sessions.fence('user-1');
    await app.sessions.revokeOthers(session);
    await expect(app.sessions.reauthenticate(session, fence)).rejects.toThrow(FencedError);
    await expect(app.sessions.reauthenticate(session, await app.sessions.fence('user-2'))).rejects.toThrow(FencedError);
    await expect(app.cookie(cookie)).resolves.toBeDefined();
    expect(app.eventsOf('session.renewed')).toEqual([]);
  });

  it('never brings a session back that ended meanwhile (P3)', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const fence = await app.sessions.fence('user-1');
    app.store.race('renew', () => app.sessions.revoke(session.id));
    await expect(app.sessions.reauthenticate(session, fence)).rejects.toThrow(InvalidSessionError);
    expect(await app.store.stored(session.id)).toBeUndefined();
    await expect(app.sessions.reauthenticate(session, fence)).rejects.toThrow(InvalidSessionError);
  });

  it('of a session whose absolute end has come is refused', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const fence = await app.sessions.fence('user-1');
    app.clock.moveTo(session.expiresAt);
    await expect(app.sessions.reauthenticate(session, fence)).rejects.toThrow(InvalidSessionError);
  });

  it('wins once of two in parallel: the other one’s credential was replaced', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const fence = await app.sessions.fence('user-1');
    const outcomes = await Promise.allSettled([1, 2].map(() => app.sessions.reauthenticate(session, fence)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(InvalidSessionError) });
  });

  it('loses no data that another request wrote at the same time', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    app.store.race('renew', () => app.sessions.writeData(session, () => ({ written: true })));
    const after = browserOf(await app.sessions.reauthenticate(session, await app.sessions.fence('user-1')));
    expect((await app.cookie(after.cookie)).data).toEqual({ written: true });
  });

  it('is not spoilt by a write that it overtakes', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const renewed: string[] = [];
    app.store.race('write', async () => {
      renewed.push(browserOf(await app.sessions.reauthenticate(session, await app.sessions.fence('user-1'))).cookie);
    });
    await expect(app.sessions.writeData(session, () => ({ late: true }))).rejects.toThrow(InvalidSessionError);
    expect(await app.cookie(renewed[0] ?? '')).toMatchObject({ id: session.id, data: {} });
  });

  it('outruns a refresh at the same time: its tokens are dead too', async () => {
    const app = await CoreUnderTest.start();
    const before = await app.api();
    let rotated = before.refreshToken;
    app.store.race('renew', async () => {
      rotated = (await app.refresh(before.refreshToken)).refreshToken;
    });
    const after = apiOf(await app.sessions.reauthenticate(before.session, await app.sessions.fence('user-1')));
    expect(rotated).not.toBe(before.refreshToken);
    await expect(app.refresh(rotated)).rejects.toThrow(InvalidGrantError);
    await expect(app.refresh(after.refreshToken)).resolves.toBeDefined();
  });

  it('before a store that forgot rotations leaves no older credential, not even the forgotten ones', async () => {
    const before = await CoreUnderTest.start();
    const first = await before.api();
    const copy = await before.store.stored(first.session.id);
    const second = await before.refresh(first.refreshToken);
    const third = await before.refresh(second.refreshToken);
    const app = await before.afterRollBack([copy]);
    const after = apiOf(
      await app.sessions.reauthenticate(await app.token(third.accessToken), await app.sessions.fence('user-1')),
    );
    for (const { accessToken, refreshToken } of [first, second, third]) {
      await expect(app.token(accessToken)).rejects.toThrow(InvalidTokenError);
      await expect(app.refresh(refreshToken)).rejects.toThrow(InvalidGrantError);
    }
    await expect(app.refresh(after.refreshToken)).resolves.toBeDefined();
  });

  it('gives up when others come first again and again, and says so', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    alwaysRace(app, 'renew', session);
    await expect(app.sessions.reauthenticate(session, await app.sessions.fence('user-1'))).rejects.toThrow(ConflictError);
  });
});

describe('the data of a session', () => {
  it('are what was written, for every later request', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    expect(await app.sessions.writeData(session, () => ({ step: 2, names: ['ä', '\u{1F600}'] }))).toEqual({
      step: 2,
      names: ['ä', '\u{1F600}'],
    });
    expect((await app.cookie(cookie)).data).toEqual({ step: 2, names: ['ä', '\u{1F600}'] });
  });

  it('lose no change of ten parallel requests', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const increments = Array.from({ length: 10 }, () =>
      app.sessions.writeData(session, (data) => ({ n: Number(data['n'] ?? 0) + 1 })),
    );
    await Promise.all(increments);
    expect((await app.cookie(cookie)).data).toEqual({ n: 10 });
  });

  it('are not written to a session that ended meanwhile, and do not bring it back (P3)', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    app.store.race('write', () => app.sessions.revoke(session.id));
    await expect(app.sessions.writeData(session, () => ({ late: true }))).rejects.toThrow(InvalidSessionError);
    expect(await app.store.stored(session.id)).toBeUndefined();
  });

  it('are not written by a request whose credential was replaced', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const renewed = await app.sessions.reauthenticate(session, await app.sessions.fence('user-1'));
    await expect(app.sessions.writeData(session, () => ({ late: true }))).rejects.toThrow(InvalidSessionError);
    await expect(app.sessions.writeData(renewed.session, () => ({ fine: true }))).resolves.toEqual({ fine: true });
  });

  it('have a cap, counted in bytes', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const frame = Buffer.byteLength(JSON.stringify({ a: '' }));
    const full = { a: 'x'.repeat(MAX_DATA_BYTES - frame) };
    await expect(app.sessions.writeData(session, () => full)).resolves.toEqual(full);
    await expect(app.sessions.writeData(session, () => ({ a: `${full.a}x` }))).rejects.toThrow(DataTooLargeError);
    await expect(app.sessions.writeData(session, () => ({ a: 'é'.repeat(2_100) }))).rejects.toThrow(DataTooLargeError);
    expect((await app.cookie(cookie)).data).toEqual(full);
  });

  it('stay as they were when the change fails', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    const fail = () => {
      throw new RangeError('my own affair');
    };
    await expect(app.sessions.writeData(session, fail)).rejects.toThrow(RangeError);
    expect(app.store.count('write')).toBe(0);
  });

  it('are given up when others come first again and again', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    alwaysRace(app, 'write', session);
    await expect(app.sessions.writeData(session, () => ({ mine: true }))).rejects.toThrow(ConflictError);
  });
});

describe('a change of rights', () => {
  const auditor = { username: 'alice', roles: ['auditor'], tenant: 'acme', claims: { level: 3 } };

  it('is seen by the next request of every session of the user, and of no other', async () => {
    const app = await CoreUnderTest.start();
    const browser = await app.browser();
    const api = await app.api();
    const other = await app.browser({ userId: 'user-2' });
    await app.sessions.writeData(browser.session, () => ({ kept: true }));
    expect(await app.sessions.setPrincipal('user-1', auditor)).toBe(2);
    expect(await app.cookie(browser.cookie)).toMatchObject({ principal: auditor, data: { kept: true } });
    expect((await app.token(api.accessToken)).principal).toEqual(auditor);
    expect((await app.cookie(other.cookie)).principal.roles).toEqual(['clerk']);
    expect(app.eventsOf('rights.changed')).toEqual([
      { type: 'rights.changed', at: app.clock.now(), userId: 'user-1', roles: ['auditor'], sessions: 2 },
    ]);
  });

  it('loses no data written at the same time, and is not lost to it', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const increments = Array.from({ length: 5 }, () =>
      app.sessions.writeData(session, (data) => ({ n: Number(data['n'] ?? 0) + 1 })),
    );
    await Promise.all([...increments, app.sessions.setPrincipal('user-1', auditor)]);
    expect(await app.cookie(cookie)).toMatchObject({ data: { n: 5 }, principal: auditor });
  });

  it('is not undone by a re-authentication that began before', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const fence = await app.sessions.fence('user-1');
    app.store.race('renew', () => app.sessions.setPrincipal('user-1', auditor));
    await expect(app.sessions.reauthenticate(session, fence)).rejects.toThrow(FencedError);
    expect((await app.cookie(cookie)).principal).toEqual(auditor);
  });

  it('brings no session back, and counts only those that were changed', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    await app.browser();
    app.store.race('write', () => app.sessions.revoke(session.id));
    expect(await app.sessions.setPrincipal('user-1', auditor)).toBe(1);
    expect(await app.store.stored(session.id)).toBeUndefined();
  });
});

describe('a password change', () => {
  it('ends every other session and gives this one a new secret (P2)', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    const others = [await app.browser(), await app.api()];
    const foreign = await app.browser({ userId: 'user-2' });
    const after = browserOf(await app.sessions.passwordChanged(own.session));
    await expect(app.cookie(own.cookie)).rejects.toThrow(InvalidSessionError);
    expect((await app.cookie(after.cookie)).id).toBe(own.session.id);
    expect((await app.sessions.list('user-1')).map(({ id }) => id)).toEqual([own.session.id]);
    await expect(app.cookie(foreign.cookie)).resolves.toBeDefined();
    expect(new Set(app.ended('password_changed'))).toEqual(new Set(others.map(({ session }) => session.id)));
    expect(app.eventsOf('session.renewed')).toEqual([expect.objectContaining({ cause: 'password_changed' })]);
  });

  it('by an API client leaves it a new pair, and its old tokens are dead', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.api();
    const after = apiOf(await app.sessions.passwordChanged(await app.token(own.accessToken)));
    await expect(app.token(own.accessToken)).rejects.toThrow(InvalidTokenError);
    await expect(app.refresh(own.refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(app.refresh(after.refreshToken)).resolves.toBeDefined();
  });

  it('makes the next generation, and not one far ahead as under a journal', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    const { session } = await app.sessions.passwordChanged(own.session);
    expect(session.generation).toBe(own.session.generation + 1);
  });

  it('never moves the absolute end (P10)', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    app.clock.forward(minutes(10));
    expect((await app.sessions.passwordChanged(own.session)).session.expiresAt).toBe(own.session.expiresAt);
  });

  it('survives a write of its own session at the same time', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    await app.browser();
    app.store.race('revokeAll', () => app.sessions.writeData(own.session, () => ({ written: true })));
    const after = browserOf(await app.sessions.passwordChanged(own.session));
    expect((await app.cookie(after.cookie)).data).toEqual({ written: true });
    expect(await app.sessions.list('user-1')).toHaveLength(1);
  });

  it.each<[string, (app: CoreUnderTest, id: string) => Promise<unknown>]>([
    ['ended', (app, id) => app.sessions.revoke(id)],
    [
      'was replaced',
      async (app, id) => {
        const own = (await app.sessions.list('user-1')).find((session) => session.id === id);
        if (own) await app.sessions.reauthenticate(own, await app.sessions.fence('user-1'));
      },
    ],
  ])('whose own session %s before ends all the same, audited, and issues nothing', async (_, act) => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    const other = await app.browser();
    await act(app, own.session.id);
    await expect(app.sessions.passwordChanged(own.session)).rejects.toThrow(InvalidSessionError);
    expect(await app.sessions.list('user-1')).toEqual([]);
    expect(app.ended('password_changed')).toContain(other.session.id);
  });

  it('whose own session ends in the very moment ends the others all the same, audited, and issues nothing', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    const others = [await app.browser(), await app.api()];
    app.store.race('revokeAll', () => app.sessions.revoke(own.session.id));
    await expect(app.sessions.passwordChanged(own.session)).rejects.toThrow(InvalidSessionError);
    expect(await app.sessions.list('user-1')).toEqual([]);
    expect(new Set(app.ended('password_changed'))).toEqual(new Set(others.map(({ session }) => session.id)));
    expect(app.ended('revoked')).toEqual([own.session.id]);
  });

  it('that others outrun again and again ends everything rather than nothing', async () => {
    const app = await CoreUnderTest.start();
    const own = await app.browser();
    const other = await app.browser();
    alwaysRace(app, 'revokeAll', own.session);
    await expect(app.sessions.passwordChanged(own.session)).rejects.toThrow(ConflictError);
    await expect(app.cookie(other.cookie)).rejects.toThrow(InvalidSessionError);
    await expect(app.cookie(own.cookie)).rejects.toThrow(InvalidSessionError);
  });
});
