import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from './support/app-process.js';
import { BACKENDS_IN_TURN } from './support/backends.js';
import { ApiClient, Browser, textOf } from './support/clients.js';
import { startTwo, type TwoProcesses } from './support/two-processes.js';

/** Everything one person is signed in with. */
interface SignedIn {
  readonly browser: Browser;
  readonly pageToken: string;
  readonly api: ApiClient;
}

describe.each(BACKENDS_IN_TURN)('Two processes on $name, on $adapter', ({ adapter, backend }) => {
  let one: AppProcess;
  let two: AppProcess;
  let stop: TwoProcesses['stop'];

  beforeAll(async () => {
    const settings = { HTTP_ADAPTER: adapter, MAX_SESSIONS: '20', REFRESH_WINDOW_SECONDS: '0' };
    ({ one, two, stop } = await startTwo(backend, settings));
  }, 60_000);
  afterAll(async () => {
    expect(await stop()).toEqual([0, 0]);
  });

  const signIn = async (name = 'ada', password = `${name}-password`): Promise<SignedIn> => {
    const browser = new Browser(one.url);
    const api = new ApiClient(one.url);
    expect((await browser.login(name, password)).status).toBe(200);
    expect((await api.login(name, password)).status).toBe(200);
    return { browser, pageToken: textOf(await browser.send('POST', '/auth/session/token'), 'access_token'), api };
  };
  /** What the other process says of the browser's cookie, its page's token, and the API client's two tokens. */
  const seenByTwo = async ({ browser, pageToken, api }: SignedIn) => [
    (await browser.at(two.url).send('GET', '/me')).status,
    (await api.at(two.url).send('GET', '/me', undefined, pageToken)).status,
    (await api.at(two.url).send('GET', '/me')).status,
    (await api.at(two.url).refresh()).status,
  ];

  it('both accept what either has issued', async () => {
    expect(await seenByTwo(await signIn())).toEqual([200, 200, 200, 200]);
  });

  it('logout on one is known to the other at once', async () => {
    const person = await signIn();
    expect((await person.browser.send('POST', '/auth/logout')).status).toBe(204);
    expect((await person.api.send('POST', '/auth/logout')).status).toBe(204);
    expect(await seenByTwo(person)).toEqual([401, 401, 401, 400]);
  });

  it('logout-all on one is known to the other at once', async () => {
    const person = await signIn();
    expect((await person.api.send('POST', '/auth/logout-all')).status).toBe(200);
    expect(await seenByTwo(person)).toEqual([401, 401, 401, 400]);
  });

  it('a password change on one is known to the other at once, and the new secret too', async () => {
    const [mine, other] = [await signIn('bob'), await signIn('bob')];
    const before: SignedIn = { ...mine, browser: mine.browser.at(one.url) };
    const change = { json: { currentPassword: 'bob-password', newPassword: 'another-password' } };
    expect((await mine.browser.send('POST', '/auth/password', change)).status).toBe(200);
    expect(await seenByTwo(other)).toEqual([401, 401, 401, 400]);
    expect(await seenByTwo(before)).toEqual([401, 401, 401, 400]);
    expect((await mine.browser.at(two.url).send('GET', '/me')).status).toBe(200);
    expect((await new Browser(two.url).login('bob', 'bob-password')).status).toBe(401);
  });

  it('disabling a user on one is known to the other at once', async () => {
    const admin = await signIn('admin');
    const person = await signIn('ada');
    const sub = textOf(await person.browser.send('GET', '/me'), 'sub');
    const json = {};
    expect((await admin.browser.send('POST', `/admin/users/${sub}/disable`, { json })).status).toBeLessThan(300);
    expect(await seenByTwo(person)).toEqual([401, 401, 401, 400]);
    const refused = await new Browser(two.url).login('ada', 'ada-password');
    expect([refused.status, refused.body['code']]).toEqual([401, 'invalid_credentials']);
    expect((await admin.browser.send('POST', `/admin/users/${sub}/enable`, { json })).status).toBeLessThan(300);
  });

  it('a reused refresh token on one ends the session on the other at once', async () => {
    const person = await signIn();
    const thief = person.api.at(one.url);
    await person.api.refresh();
    expect((await person.api.at(two.url).send('GET', '/me')).status).toBe(200); // the successor is used: window 0
    expect((await thief.refresh()).status).toBe(400);
    expect((await seenByTwo(person)).slice(2)).toEqual([401, 400]);
    expect(one.log).toContain('refresh.reused');
  });

  it('an administrator ends all sessions of a user, and of everyone, on one, and the other knows at once', async () => {
    const admin = await signIn('admin');
    const person = await signIn('ada');
    const sub = textOf(await person.browser.send('GET', '/me'), 'sub');
    expect((await admin.browser.send('DELETE', `/admin/users/${sub}/sessions`)).status).toBeLessThan(300);
    expect(await seenByTwo(person)).toEqual([401, 401, 401, 400]);
    const again = await signIn('ada');
    expect((await admin.browser.send('POST', '/admin/logout-everyone', { json: {} })).status).toBeLessThan(300);
    expect(await seenByTwo(again)).toEqual([401, 401, 401, 400]);
    expect(await seenByTwo(admin)).toEqual([401, 401, 401, 400]);
  });

  it('neither has printed a credential or a password', async () => {
    const person = await signIn();
    const { browser, api, pageToken } = person;
    const secrets = [browser.cookie, browser.csrfToken, pageToken, api.accessToken, api.refreshToken];
    await api.refresh();
    secrets.push(api.accessToken, api.refreshToken);
    for (const log of [one.log, two.log]) {
      expect(log).not.toMatch(/nhs_[cr]_[0-9a-f]{4}\./);
      expect(log).not.toMatch(/eyJ[\w-]+\.eyJ/); // a JWT: an id may hold "eyJ" by chance, header and payload it cannot
      expect(log).not.toMatch(/ada-password|bob-password|another-password/);
      for (const secret of secrets) expect(log).not.toContain(secret.slice(-20));
    }
  });
});
