import { describe, expect, it } from '@jest/globals';
import { apiOf, browserOf, CoreUnderTest, CURL, FIREFOX } from '../../spec/core-under-test.js';
import { ManualClock } from '../../spec/manual-clock.js';
import { sampleOptions } from '../../spec/sample-options.js';
import { WatchedStore } from '../../spec/watched-store.js';
import { MemoryCounters } from '../stores/memory/memory.counters.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { InvalidGrantError, InvalidSessionError, InvalidTokenError, SessionError, StoreUnavailableError } from './errors.js';
import { minutes } from './options/durations.js';
import { resolveOptions } from './options/resolve-options.js';
import type { SessionStore } from './ports/session-store.js';
import { createSessionCore } from './session-core.js';

/** A user with a browser and an app, and everything that can be asked for them. */
async function signedIn() {
  const app = await CoreUnderTest.start();
  const browser = await app.browser();
  const api = await app.api();
  const fence = await app.sessions.fence('user-1');
  const principal = { username: 'alice', roles: ['auditor'] };
  const asks: Record<string, () => Promise<unknown>> = {
    fence: () => app.sessions.fence('user-1'),
    open: () => app.browser({ fence }),
    cookie: () => app.cookie(browser.cookie),
    'access token': () => app.token(api.accessToken),
    reauthenticate: () => app.sessions.reauthenticate(browser.session, fence),
    'password changed': () => app.sessions.passwordChanged(browser.session),
    revoke: () => app.sessions.revoke(browser.session.id),
    'revoke own': () => app.sessions.revokeOwn('user-1', browser.session.id),
    'revoke others': () => app.sessions.revokeOthers(browser.session),
    'revoke all': () => app.sessions.revokeAll('user-1'),
    'revoke everyone': () => app.sessions.revokeEveryone(),
    list: () => app.sessions.list('user-1'),
    'write data': () => app.sessions.writeData(browser.session, () => ({ a: 1 })),
    'set principal': () => app.sessions.setPrincipal('user-1', principal),
    refresh: () => app.refresh(api.refreshToken),
    'introspect access token': () => app.tokens.introspect(api.accessToken),
    'introspect refresh token': () => app.tokens.introspect(api.refreshToken),
    'revoke by access token': () => app.tokens.revoke(api.accessToken, undefined),
    'revoke by refresh token': () => app.tokens.revoke(api.refreshToken, undefined),
  };
  const ask = (name: string): Promise<unknown> => asks[name]?.() ?? Promise.reject(new Error(`nothing is called ${name}`));
  return { app, browser, api, ask, names: Object.keys(asks) };
}

describe('while the store is away (P7)', () => {
  it('every question is answered by StoreUnavailableError, never by a refusal', async () => {
    const { app, ask, names } = await signedIn();
    app.events.length = 0;
    app.store.isAway = true;
    for (const name of names) await expect(ask(name)).rejects.toThrow(StoreUnavailableError);
    expect(app.events).toEqual([]);
    expect(names).toHaveLength(19);
  });

  it('and back again, every question is answered without a restart', async () => {
    const { names } = await signedIn();
    for (const name of names) {
      const { app, ask } = await signedIn();
      app.store.isAway = true;
      await expect(ask(name)).rejects.toThrow(StoreUnavailableError);
      app.store.isAway = false;
      await ask(name);
      expect(app.eventsOf('session.refused')).toEqual([]);
    }
  });

  // The look succeeded, and the step that changes something does not.
  it.each<[keyof SessionStore, string]>([
    ['create', 'open'],
    ['renew', 'reauthenticate'],
    ['revokeAll', 'password changed'],
    ['revoke', 'revoke own'],
    ['write', 'write data'],
    ['write', 'set principal'],
    ['list', 'set principal'],
    ['rotate', 'refresh'],
    ['revoke', 'revoke by access token'],
    ['revoke', 'revoke by refresh token'],
  ])('in the step %s, %s is neither refused nor taken for done', async (method, name) => {
    const { app, browser, api, ask } = await signedIn();
    app.events.length = 0;
    app.store.fail(method);
    await expect(ask(name)).rejects.toThrow(StoreUnavailableError);
    // What the host has changed before it asked is told; of what it asked for nothing has come about.
    expect(app.events.map(({ type }) => type)).toEqual(name === 'password changed' ? ['password.changed'] : []);
    await expect(app.cookie(browser.cookie)).resolves.toBeDefined();
    await expect(app.token(api.accessToken)).resolves.toBeDefined();
  });

  it('what needs no store to be refused is refused', async () => {
    const { app, api } = await signedIn();
    app.clock.forward(minutes(5));
    app.store.isAway = true;
    await expect(app.cookie('nonsense')).rejects.toThrow(InvalidSessionError);
    await expect(app.token('nonsense')).rejects.toThrow(InvalidTokenError);
    await expect(app.token(api.accessToken)).rejects.toThrow(InvalidTokenError);
    await expect(app.refresh('nonsense')).rejects.toThrow(InvalidGrantError);
    expect(await app.tokens.introspect('nonsense')).toEqual({ active: false });
    expect(await app.sessions.revoke('nonsense')).toBe(false);
  });
});

describe('when the answer of the store is lost', () => {
  it('a refresh can be repeated, and gives the successor that was made (P4)', async () => {
    const { app, api } = await signedIn();
    app.store.lose('rotate');
    await expect(app.refresh(api.refreshToken)).rejects.toThrow(StoreUnavailableError);
    app.clock.forward(minutes(60));
    const again = await app.refresh(api.refreshToken);
    expect((await app.store.stored(api.session.id))?.generation).toBe(1);
    await expect(app.refresh(again.refreshToken)).resolves.toBeDefined();
  });

  it('a password change has happened: nothing older is left, and the person logs in anew', async () => {
    const { app, browser, api } = await signedIn();
    app.store.lose('revokeAll');
    await expect(app.sessions.passwordChanged(browser.session)).rejects.toThrow(StoreUnavailableError);
    await expect(app.cookie(browser.cookie)).rejects.toThrow(InvalidSessionError);
    await expect(app.token(api.accessToken)).rejects.toThrow(InvalidTokenError);
    await expect(app.browser()).resolves.toBeDefined();
  });

  it('an ending has happened', async () => {
    const { app, browser } = await signedIn();
    app.store.lose('revoke');
    await expect(app.sessions.revoke(browser.session.id)).rejects.toThrow(StoreUnavailableError);
    await expect(app.cookie(browser.cookie)).rejects.toThrow(InvalidSessionError);
  });
});

describe('the audit trail', () => {
  it('holds no credential, whatever happens', async () => {
    const app = await CoreUnderTest.start({ onClientChange: { userAgent: 'end' }, limit: { max: 3, policy: 'evict' } });
    const given: string[] = [];
    const keepBrowser = (one: ReturnType<typeof browserOf>) => (given.push(one.cookie, one.csrfToken), one);
    const keepApi = <T extends { accessToken: string; refreshToken: string }>(one: T) => (
      given.push(one.accessToken, one.refreshToken), one
    );
    const fence = () => app.sessions.fence('user-1');
    const refused = (ask: Promise<unknown>) => expect(ask).rejects.toThrow(SessionError);

    const first = keepBrowser(await app.browser());
    app.clock.forward(1);
    for (let i = 0; i < 3; i += 1) keepBrowser(await app.browser());
    await refused(app.cookie(first.cookie));
    const api = keepApi(await app.api());
    const second = keepApi(await app.refresh(api.refreshToken));
    keepApi(await app.refresh(api.refreshToken));
    await app.token(second.accessToken);
    const forged = second.refreshToken.replace(/[^.]+$/, 'A'.repeat(43));
    await refused(app.refresh(forged));
    await refused(app.refresh(second.refreshToken, { clientId: 'other' }));
    const renewed = keepApi(apiOf(await app.sessions.reauthenticate(await app.token(second.accessToken), await fence())));
    await refused(app.refresh(second.refreshToken));
    await refused(app.token(second.accessToken));
    const third = keepApi(await app.refresh(renewed.refreshToken));
    keepApi(await app.refresh(third.refreshToken));
    await refused(app.refresh(renewed.refreshToken));
    const browser = keepBrowser(await app.browser());
    given.push((await app.sessions.accessToken(browser.session)).token);
    await app.sessions.setPrincipal('user-1', { username: 'alice', roles: [] });
    const changed = keepBrowser(browserOf(await app.sessions.passwordChanged(browser.session)));
    await refused(app.cookie(changed.cookie, CURL));
    await app.sessions.revokeEveryone();

    const types = new Set(app.events.map(({ type }) => type));
    expect(types.size).toBeGreaterThanOrEqual(10);
    const trail = JSON.stringify(app.events);
    for (const credential of [...given, forged]) {
      expect(trail).not.toContain(credential);
      expect(trail).not.toContain(credential.split('.').at(-1));
    }
    expect(given.length).toBeGreaterThan(20);
  });

  it('tells apart what looks alike from outside', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const refusals = [
      () => app.cookie(cookie.replace(/[^.]+$/, 'A'.repeat(43))),
      async () => {
        app.store.intrude = (record) => record && { ...record, acr: 'aal3' };
        return app.cookie(cookie);
      },
      async () => {
        app.store.intrude = (record) => record;
        await app.sessions.reauthenticate(session, await app.sessions.fence('user-1'));
        return app.cookie(cookie);
      },
      async () => {
        await app.sessions.revoke(session.id);
        return app.cookie(cookie);
      },
    ];
    const answers: unknown[] = [];
    for (const refusal of refusals) answers.push(await refusal().catch((error: unknown) => error));
    expect(new Set(answers.map(String)).size).toBe(1);
    const causes = [{ cause: 'forged' }, { cause: 'tampered' }, { cause: 'superseded' }, { cause: 'gone', ended: 'revoked' }];
    const common = { type: 'session.refused', at: app.clock.now(), sessionId: session.id, address: FIREFOX.address };
    // Whose it was is told only where the credential is one that this server made.
    const whose = (cause: string) => (cause === 'superseded' ? { userId: 'user-1' } : {});
    expect(app.eventsOf('session.refused')).toEqual(causes.map((told) => ({ ...common, ...told, ...whose(told.cause) })));
  });

  it('fails no request when its listener fails', async () => {
    const clock = new ManualClock();
    const { sessions } = await createSessionCore(resolveOptions(sampleOptions()), {
      store: new WatchedStore(new MemorySessionStore(clock)),
      counters: new MemoryCounters(),
      clock,
      onEvent: () => {
        throw new Error('the log is full');
      },
    });
    const fence = await sessions.fence('user-1');
    const principal = { username: 'alice', roles: [] };
    const issued = sessions.open({ userId: 'user-1', principal, channel: 'browser', client: FIREFOX, fence });
    await expect(issued).resolves.toBeDefined();
  });
});
