import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, Browser, send } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { rounds } from './support/rounds.js';
import { PROPERTY_MATRIX, openStore, type OpenStore } from './support/stores.js';

describe.each(PROPERTY_MATRIX)('P9 limits hold under race, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let evicting: HostApp;
  let refusing: HostApp;
  let names = 0;

  beforeAll(async () => {
    opened = await openStore(storeName);
    evicting = await startHostApp({ adapter, store: opened.store, options: { limit: { max: 3, policy: 'evict' } } });
    refusing = await startHostApp({ adapter, store: opened.store, options: { limit: { max: 3, policy: 'refuse' } } });
  });
  afterAll(async () => {
    await evicting.close();
    await refusing.close();
    await opened.close();
  });

  const newUser = (host: HostApp) => {
    const username = `user-${names++}`;
    return { username, userId: host.accounts.add(username, 'correct horse') };
  };

  it('50 parallel logins with a limit of 3 leave exactly 3 sessions, each eviction audited', async () => {
    const { username, userId } = newUser(evicting);
    const mark = evicting.events.length;
    const browsers = Array.from({ length: 50 }, () => new Browser(evicting.url));
    const answers = await Promise.all(browsers.map((browser) => browser.login(username, 'correct horse')));
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(200));
    const alive = await Promise.all(browsers.map(async (browser) => (await browser.send('GET', '/me')).status));
    expect(alive.filter((status) => status === 200)).toHaveLength(3);
    expect(await evicting.sessions.list(userId)).toHaveLength(3);
    const evicted = evicting.events.slice(mark).filter((event) => event.type === 'session.ended' && event.reason === 'evicted');
    expect(evicted).toHaveLength(47);
  });

  it('the evicted device is told why at its next request, by cookie, access token and refresh token; nobody else is', async () => {
    const { username } = newUser(evicting);
    const [browser, api] = [new Browser(evicting.url), new ApiClient(evicting.url)];
    await browser.login(username, 'correct horse');
    await api.login(username, 'correct horse');
    evicting.clock.advance(1_000); // the least recently seen is the one evicted
    const mark = evicting.events.length;
    for (let i = 0; i < 3; i++) {
      await new Browser(evicting.url).login(username, 'correct horse');
      await new ApiClient(evicting.url).login(username, 'correct horse');
    }
    const [byCookie, byToken, byRefresh] = [await browser.send('GET', '/me'), await api.send('GET', '/me'), await api.refresh()];
    expect([byCookie.status, byCookie.body['code']]).toEqual([401, 'session_evicted']);
    expect([byToken.status, byToken.body['code']]).toEqual([401, 'session_evicted']);
    expect(byToken.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect([byRefresh.status, byRefresh.body['error']]).toEqual([400, 'invalid_grant']);
    expect(byRefresh.body['error_description']).toMatch(/too many other devices/);
    const refusals = evicting.events.slice(mark).filter(({ type }) => type === 'session.refused');
    expect(refusals).toEqual(Array(3).fill(expect.objectContaining({ cause: 'gone', ended: 'evicted' })));

    const other = new Browser(evicting.url);
    await other.login(username, 'correct horse');
    const copy = `__Host-sid=${other.cookie}`;
    await other.send('POST', '/auth/logout');
    const afterLogout = await send(evicting.url, 'GET', '/me', { headers: { Cookie: copy } });
    expect([afterLogout.status, afterLogout.body['code']]).toEqual([401, 'invalid_session']);
  });

  it('races of 6 logins against a limit of 3 leave exactly 3 under both policies', async () => {
    await rounds(storeName, async (round) => {
      const host = round % 2 === 0 ? evicting : refusing;
      const { username, userId } = newUser(host);
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => new ApiClient(host.url).login(username, 'correct horse')));
      const admitted = answers.filter((answer) => answer.status === 200).length;
      expect(admitted).toBe(host === evicting ? 6 : 3);
      expect(answers.filter((answer) => answer.status === 409)).toHaveLength(6 - admitted);
      expect(await host.sessions.list(userId)).toHaveLength(3);
    });
  });

  it('an evicted browser can log in again, and out', async () => {
    const { username } = newUser(evicting);
    const [oldest, again] = [new Browser(evicting.url), new Browser(evicting.url)];
    for (const browser of [oldest, again]) await browser.login(username, 'correct horse');
    evicting.clock.advance(1_000);
    for (let i = 0; i < 3; i++) await new Browser(evicting.url).login(username, 'correct horse');
    for (const browser of [oldest, again]) expect((await browser.send('GET', '/me')).body['code']).toBe('session_evicted');
    expect((await oldest.send('POST', '/auth/logout')).status).toBe(204);
    expect((await again.login(username, 'correct horse')).status).toBe(200);
  });

  it('the channels are counted apart', async () => {
    const { username, userId } = newUser(refusing);
    for (let i = 0; i < 3; i++) {
      expect((await new Browser(refusing.url).login(username, 'correct horse')).status).toBe(200);
      expect((await new ApiClient(refusing.url).login(username, 'correct horse')).status).toBe(200);
    }
    expect((await new Browser(refusing.url).login(username, 'correct horse')).status).toBe(409);
    expect(await refusing.sessions.list(userId)).toHaveLength(6);
  });

  it('refuse tells it only after a right password, and endOthers goes on in the same login', async () => {
    const { username, userId } = newUser(refusing);
    for (let i = 0; i < 3; i++) await new Browser(refusing.url).login(username, 'correct horse');
    const browser = new Browser(refusing.url);
    expect((await browser.login(username, 'wrong')).status).toBe(401);
    const refused = await browser.login(username, 'correct horse');
    expect([refused.status, refused.body['code'], browser.cookie]).toEqual([409, 'session_limit', '']);
    expect((await browser.login(username, 'correct horse', { endOthers: true })).status).toBe(200);
    expect(await refusing.sessions.list(userId)).toHaveLength(1);
  });

  it('a login with a live cookie ends that older session instead of counting it', async () => {
    const { username, userId } = newUser(refusing);
    const browser = new Browser(refusing.url);
    for (let i = 0; i < 5; i++) expect((await browser.login(username, 'correct horse')).status).toBe(200);
    expect(await refusing.sessions.list(userId)).toHaveLength(1);
  });

  it('a login over another person’s live cookie that the limit refuses leaves that session alone', async () => {
    const [ada, bob] = [newUser(refusing), newUser(refusing)];
    for (let i = 0; i < 3; i++) await new Browser(refusing.url).login(bob.username, 'correct horse');
    const browser = new Browser(refusing.url);
    await browser.login(ada.username, 'correct horse');
    const before = browser.at(refusing.url);
    expect((await browser.login(bob.username, 'correct horse')).status).toBe(409);
    expect((await before.send('GET', '/me')).status).toBe(200);
  });
});
