import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, Browser, send, textOf } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { atOnce, rounds } from './support/rounds.js';
import { MATRIX, openStore, type OpenStore } from './support/stores.js';

describe.each(MATRIX)('P1 one kill, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  let userId: string;

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: opened.store, options: { limit: 'unlimited' } });
    userId = host.accounts.add('ada', 'correct horse');
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  const signIn = async () => {
    const browser = new Browser(host.url);
    const api = new ApiClient(host.url);
    expect((await browser.login('ada', 'correct horse')).status).toBe(200);
    expect((await api.login('ada', 'correct horse')).status).toBe(200);
    return { browser, api };
  };
  const tokenOf = async (browser: Browser) => textOf(await browser.send('POST', '/auth/session/token'), 'access_token');
  const me = async (token: string) =>
    (await send(host.url, 'GET', '/me', { headers: { Authorization: `Bearer ${token}` } })).status;

  it('logout ends the cookie and every access token minted from it, at once', async () => {
    const { browser } = await signIn();
    const token = await tokenOf(browser);
    expect(await me(token)).toBe(200);
    const stolen = browser.at(host.url);

    const answer = await browser.send('POST', '/auth/logout');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('clear-site-data')).toBe('"cache","storage"');
    expect((await stolen.send('GET', '/auth/session')).status).toBe(401);
    expect((await stolen.send('GET', '/me')).status).toBe(401);
    expect(await me(token)).toBe(401);
  });

  it('logout with the access token ends the refresh token too, and is idempotent', async () => {
    const { api } = await signIn();
    const older = api.at(host.url);
    expect((await api.refresh()).status).toBe(200);

    expect((await api.send('POST', '/auth/logout')).status).toBe(204);
    expect((await api.send('POST', '/auth/logout')).status).toBe(204);
    expect(await me(api.accessToken)).toBe(401);
    expect(await me(older.accessToken)).toBe(401);
    const refused = await api.refresh();
    expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_grant']);
  });

  it('revoking the refresh token (RFC 7009) ends the access token, and the other way round', async () => {
    for (const kind of ['refreshToken', 'accessToken'] as const) {
      const { api } = await signIn();
      const answer = await send(host.url, 'POST', '/oauth/revoke', { body: { form: { token: api[kind] } } });
      expect([answer.status, answer.text]).toEqual([200, '{}']);
      expect(await me(api.accessToken)).toBe(401);
      expect((await api.refresh()).status).toBe(400);
    }
  });

  it('ending one session from the list ends that one alone', async () => {
    const { browser, api } = await signIn();
    const list = JSON.parse((await api.send('GET', '/auth/sessions')).text) as { id: string; current: boolean }[];
    const sid = textOf(await browser.send('GET', '/me'), 'sid');
    expect(list.filter((one) => one.current)).toHaveLength(1);
    expect(list.map((one) => one.id)).toContain(sid);

    expect((await api.send('DELETE', `/auth/sessions/${sid}`)).status).toBe(204);
    expect((await browser.send('GET', '/me')).status).toBe(401);
    expect(await me(api.accessToken)).toBe(200);
    expect((await api.send('DELETE', `/auth/sessions/${sid}`)).status).toBe(404);
    expect((await api.send('DELETE', '/auth/sessions/not-an-id')).status).toBe(404);
  });

  it('ending the own session from the list takes back what the browser keeps, as a logout does; another one takes nothing', async () => {
    const { browser, api } = await signIn();
    const other = (await signIn()).browser;
    const ownOf = async (client: Browser | ApiClient) => textOf(await client.send('GET', '/me'), 'sid');
    const end = async (client: Browser | ApiClient, sid: string) => {
      const { status, headers } = await client.send('DELETE', `/auth/sessions/${sid}`);
      return [status, headers.get('clear-site-data'), headers.getSetCookie().join()];
    };
    expect(await end(browser, await ownOf(other))).toEqual([204, null, '']);
    const [stolen, own] = [browser.at(host.url), await ownOf(browser)];
    expect(await end(browser, own)).toEqual([204, '"cache","storage"', expect.stringMatching(/^__Host-sid=;.*Max-Age=0/)]);
    expect((await stolen.send('GET', '/me')).status).toBe(401);
    expect(await end(api, await ownOf(api))).toEqual([204, null, '']);
  });

  it('logout-all ends every session of the user on both channels', async () => {
    const { browser, api } = await signIn();
    const other = await signIn();
    const answer = await browser.send('POST', '/auth/logout-all');
    expect([answer.status, answer.headers.get('clear-site-data')]).toEqual([200, '"cache","storage"']);
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-sid=;.*Max-Age=0/)]);
    for (const one of [other.browser, browser]) expect((await one.send('GET', '/me')).status).toBe(401);
    for (const one of [other.api, api]) {
      expect(await me(one.accessToken)).toBe(401);
      expect((await one.refresh()).status).toBe(400);
    }
  });

  it('logout-all takes the cookie from the browser, and what the site stored there; an API client is told nothing of the kind', async () => {
    const { browser } = await signIn();
    const answer = await browser.send('POST', '/auth/logout-all');
    expect(answer.headers.getSetCookie()).toEqual(['__Host-sid=; Max-Age=0; SameSite=Lax; Path=/; HttpOnly; Secure']);
    expect(browser.cookie).toBe('');
    expect(answer.headers.get('clear-site-data')).toBe('"cache","storage"');
    const { api } = await signIn();
    const { status, headers } = await api.send('POST', '/auth/logout-all');
    expect([status, headers.getSetCookie(), headers.get('clear-site-data')]).toEqual([200, [], null]);
  });

  it('ending all others leaves this one, with the same secret', async () => {
    const { browser, api } = await signIn();
    const answer = await api.send('DELETE', '/auth/sessions');
    expect([answer.status, answer.body]).toEqual([200, { ended: 1 }]);
    expect((await browser.send('GET', '/me')).status).toBe(401);
    expect(await me(api.accessToken)).toBe(200);
    expect((await api.refresh()).status).toBe(200);
  });

  it('a request that starts after a revocation returned is refused, whatever else was under way', async () => {
    await rounds(storeName, async (round) => {
      const { credentials, session } = await host.sessions.open({
        userId,
        principal: { username: 'ada', roles: [] },
        fence: await host.sessions.fence(userId),
        channel: 'api',
        client: { address: '127.0.0.1', userAgent: 'race' },
      });
      if (credentials.channel !== 'api') throw new Error('an api session was opened');
      const { accessToken, refreshToken } = credentials;
      const api = new ApiClient(host.url);
      let late: Promise<number> | undefined;
      await atOnce<unknown>(
        round,
        () => me(accessToken),
        () => api.refresh(refreshToken),
        async () => {
          await setTimeout(round % 5); // a revocation is quicker than a request: it has to wait for one
          await host.sessions.revoke(session.id);
          late = me(accessToken);
        },
        () => me(accessToken),
      );
      expect(await late).toBe(401);
      expect(await me(api.accessToken || accessToken)).toBe(401);
      expect((await api.refresh(api.refreshToken || refreshToken)).status).toBe(400);
    });
  });
});
