import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, FIREFOX } from '../../spec/core-under-test.js';
import { HeldStopwatch } from '../../spec/held-stopwatch.js';
import { FencedError, InvalidSessionError, StoreUnavailableError } from './errors.js';
import type { Principal } from './ports/accounts.js';

const CLERK: Principal = { username: 'ada', roles: ['clerk'] };
const ADMIN: Principal = { username: 'ada', roles: ['admin'] };
const NOBODY: Principal = { username: 'ada', roles: [] };

/** One user with two browsers and an app. */
async function signedIn(principal = ADMIN) {
  const app = await CoreUnderTest.start();
  const [one, two, phone] = [await app.browser({ principal }), await app.browser({ principal }), await app.api({ principal })];
  const rightsAt = async (instance: CoreUnderTest) => {
    const seen = [await instance.cookie(one.cookie), await instance.cookie(two.cookie), await instance.token(phone.accessToken)];
    return seen.map((session) => session.principal.roles);
  };
  return { app, one, two, phone, rightsAt };
}

describe('rights that were changed (ASVS 8.3.2)', () => {
  it('count at the next request of every session, on every instance, and nobody is logged out', async () => {
    const { app, phone, rightsAt } = await signedIn();
    const foreign = await app.browser({ userId: 'user-2', principal: ADMIN });
    const other = await app.beside();
    expect(await app.sessions.setPrincipal('user-1', CLERK)).toBe(3);
    for (const instance of [app, other]) expect(await rightsAt(instance)).toEqual([['clerk'], ['clerk'], ['clerk']]);
    expect((await app.cookie(foreign.cookie)).principal).toEqual(ADMIN);
    const { accessToken } = await app.refresh(phone.refreshToken);
    expect((await app.token(accessToken)).principal).toEqual(CLERK);
    const { at, userId, sessions } = { at: app.clock.now(), userId: 'user-1', sessions: 3 };
    expect(app.eventsOf('rights.changed')).toEqual([{ type: 'rights.changed', at, userId, roles: ['clerk'], sessions }]);
  });

  it('count on an instance that answers from copies when the bound has passed, and at once on the one that changed them', async () => {
    const { app, one } = await signedIn();
    const stopwatch = new HeldStopwatch();
    const other = await app.beside({}, stopwatch);
    const seen = async () => (await other.sessions.authenticateCookie(one.cookie, FIREFOX, { within: 500 })).principal;
    expect(await seen()).toEqual(ADMIN);
    stopwatch.forward(1);
    await app.sessions.setPrincipal('user-1', NOBODY);
    stopwatch.forward(499);
    expect(await seen()).toEqual(ADMIN); // a copy answers: else this would show nothing
    stopwatch.forward(1);
    expect(await seen()).toEqual(NOBODY);
    await other.sessions.setPrincipal('user-1', CLERK);
    expect(await seen()).toEqual(CLERK);
  });

  it('are sealed: who puts the older seal back beside the newer record opens nothing (P6)', async () => {
    const { app, one } = await signedIn();
    const { sealed } = (await app.store.stored(one.session.id)) ?? {};
    await app.sessions.setPrincipal('user-1', NOBODY);
    app.store.intrude = (record) => record && { ...record, sealed: sealed ?? '' };
    await expect(app.cookie(one.cookie)).rejects.toThrow(InvalidSessionError);
    expect(app.eventsOf('session.refused')).toMatchObject([{ cause: 'tampered' }]);
  });
});

describe('a change of rights that crashes in its middle', () => {
  const STEPS = (['moveFence', 'list', 'find', 'write'] as const).flatMap((method) => [
    { method, how: 'fails' as const },
    { method, how: 'loses its answer' as const },
  ]);

  it.each(STEPS)('because $method $how is finished by the same call again', async ({ method, how }) => {
    const { app, rightsAt } = await signedIn();
    if (how === 'fails') app.store.fail(method);
    else app.store.lose(method);
    await expect(app.sessions.setPrincipal('user-1', NOBODY)).rejects.toThrow(StoreUnavailableError);
    expect(app.eventsOf('rights.changed')).toEqual([]);
    expect(await app.sessions.setPrincipal('user-1', NOBODY)).toBe(3);
    expect(await rightsAt(app)).toEqual([[], [], []]);
  });

  it('has moved the fence before it changed anything: a login under way with the older rights opens nothing meanwhile', async () => {
    const { app } = await signedIn();
    const fence = await app.sessions.fence('user-1');
    app.store.fail('list');
    await expect(app.sessions.setPrincipal('user-1', NOBODY)).rejects.toThrow(StoreUnavailableError);
    await expect(app.browser({ fence, principal: ADMIN })).rejects.toThrow(FencedError);
  });
});

describe('a login that read the older rights', () => {
  it('opens nothing once the change has begun', async () => {
    const { app } = await signedIn();
    const fence = await app.sessions.fence('user-1');
    app.store.race('list', () => expect(app.browser({ fence, principal: ADMIN })).rejects.toThrow(FencedError));
    expect(await app.sessions.setPrincipal('user-1', NOBODY)).toBe(3);
    await expect(app.browser({ fence, principal: ADMIN })).rejects.toThrow(FencedError);
  });

  it('and opened a moment before is changed with the others', async () => {
    const { app } = await signedIn();
    let cookie = '';
    app.store.race('moveFence', async () => {
      ({ cookie } = await app.browser({ principal: ADMIN }));
    });
    expect(await app.sessions.setPrincipal('user-1', NOBODY)).toBe(4);
    expect((await app.cookie(cookie)).principal).toEqual(NOBODY);
  });
});

describe('what happens to a session while its rights are changed', () => {
  it('an end stays an end (P3), and is not counted', async () => {
    const { app, one } = await signedIn();
    app.store.race('write', () => app.sessions.revoke(one.session.id));
    expect(await app.sessions.setPrincipal('user-1', NOBODY)).toBe(2);
    expect(await app.store.stored(one.session.id)).toBeUndefined();
  });

  it('application data that is written meanwhile keeps the newer rights, and the rights keep the data', async () => {
    const { app, one } = await signedIn();
    app.store.race('write', () => app.sessions.setPrincipal('user-1', NOBODY));
    await app.sessions.writeData(one.session, () => ({ page: 2 }));
    expect(await app.cookie(one.cookie)).toMatchObject({ principal: NOBODY, data: { page: 2 } });
  });

  it('a re-authentication that began before does not bring the older rights back', async () => {
    const { app, one } = await signedIn();
    const fence = await app.sessions.fence('user-1');
    app.store.race('renew', () => app.sessions.setPrincipal('user-1', NOBODY));
    await expect(app.sessions.reauthenticate(one.session, fence)).rejects.toThrow(FencedError);
    expect((await app.cookie(one.cookie)).principal).toEqual(NOBODY);
  });

  it('nor does a change of password that was prepared before', async () => {
    const { app, one } = await signedIn();
    const ending = await app.sessions.passwordEnding(one.session);
    await app.sessions.setPrincipal('user-1', NOBODY);
    expect((await ending.complete()).session.principal).toEqual(NOBODY);
  });
});

describe('two changes at the same time', () => {
  const [older, newer] = [
    { ...ADMIN, version: 7 },
    { ...NOBODY, version: 8 },
  ];

  it('leave the newer rights, whichever is told last', async () => {
    const { app, rightsAt } = await signedIn();
    expect(await app.sessions.setPrincipal('user-1', newer)).toBe(3);
    expect(await app.sessions.setPrincipal('user-1', older)).toBe(0);
    expect(await rightsAt(app)).toEqual([[], [], []]);
  });

  it('leave the newer rights, however they are interleaved', async () => {
    const { app, rightsAt } = await signedIn();
    app.store.race('write', () => app.sessions.setPrincipal('user-1', newer));
    await app.sessions.setPrincipal('user-1', older); // changes the two that were not reached yet, for a moment
    expect(await rightsAt(app)).toEqual([[], [], []]);
  });

  it('of which the first crashed are finished by the second', async () => {
    const { app, rightsAt } = await signedIn();
    app.store.fail('write');
    await expect(app.sessions.setPrincipal('user-1', older)).rejects.toThrow(StoreUnavailableError);
    expect(await app.sessions.setPrincipal('user-1', newer)).toBe(3);
    expect(await rightsAt(app)).toEqual([[], [], []]);
  });

  it('and the same again is written again: the first may have crashed before its journal had it', async () => {
    const { app } = await signedIn();
    await app.sessions.setPrincipal('user-1', newer);
    const before = app.store.count('write');
    expect(await app.sessions.setPrincipal('user-1', newer)).toBe(3);
    expect(app.store.count('write')).toBe(before + 3);
  });
});
