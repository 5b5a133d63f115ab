import { describe, expect, it } from '@jest/globals';
import { ApiClient, Browser, textOf } from './support/clients.js';
import { startHostApp } from './support/host-app.js';
import { DURABLE_STORES, openStore } from './support/stores.js';

describe.each(DURABLE_STORES)('P6 a dump of the store, on %s', (storeName) => {
  it('holds no credential, no password and no personal data after a full journey', async () => {
    const opened = await openStore(storeName);
    const host = await startHostApp({
      adapter: 'express',
      store: opened.store,
      counters: opened.counters,
      options: { loginLimits: { account: { free: 50 }, address: { free: 50 } } },
    });
    const seen: string[] = [];
    const keep = (...texts: string[]) => void seen.push(...texts);
    host.accounts.add('ada@example.org', 'canary password', ['canary-role']);

    const browser = new Browser(host.url);
    const agent = { 'User-Agent': 'CanaryAgent/1.0' };
    await browser.send('POST', '/auth/login', { json: { username: 'ada@example.org', password: 'canary password' } }, agent);
    keep(browser.cookie, browser.csrfToken);
    await browser.send('POST', '/auth/login', { json: { username: 'ada@example.org', password: 'wrong canary' } });
    const api = new ApiClient(host.url);
    await api.login('ada@example.org', 'canary password', { device: 'canary device' });
    keep(api.accessToken, api.refreshToken);
    await api.refresh();
    keep(api.accessToken, api.refreshToken);
    await browser.send('POST', '/auth/reauthenticate', { json: { password: 'canary password' } });
    keep(browser.cookie, browser.csrfToken);
    keep(textOf(await browser.send('POST', '/auth/session/token'), 'access_token'));
    await browser.send('POST', '/auth/password', {
      json: { currentPassword: 'canary password', newPassword: 'canary password 2' },
    });
    keep(browser.cookie, browser.csrfToken);

    const dump = await opened.dump();
    const [, handle = ''] = textOf(await browser.send('GET', '/me'), 'sid').split('.');
    expect(dump).toMatch(new RegExp(handle)); // it does hold the session
    for (const credential of seen) {
      expect(credential.length).toBeGreaterThan(20);
      const secret = credential.slice(credential.lastIndexOf('.') + 1);
      expect(dump.includes(credential)).toBe(false);
      expect(dump.includes(secret)).toBe(false);
      expect(dump.includes(Buffer.from(secret, 'base64url').toString('hex'))).toBe(false);
    }
    for (const canary of ['canary', 'Canary', 'ada@', 'example.org', '127.0.0.1']) expect(dump).not.toContain(canary);
    await host.close();
    await opened.close();
  });

  it('lets no one log in: a session rebuilt from a dump under other keys is refused', async () => {
    const opened = await openStore(storeName);
    const owner = await startHostApp({ adapter: 'express', store: opened.store });
    const thief = await startHostApp({ adapter: 'express', store: opened.store }); // keys of its own, the same records
    owner.accounts.add('ada', 'correct horse');
    const browser = new Browser(owner.url);
    await browser.login('ada', 'correct horse');
    expect((await browser.at(thief.url).send('GET', '/me')).status).toBe(401);
    expect((await browser.send('GET', '/me')).status).toBe(200);
    await owner.close();
    await thief.close();
    await opened.close();
  });

  it('lets no one change it: one letter of a seal, changed where it lies, is refused and told, and harms nobody else', async () => {
    const opened = await openStore(storeName);
    const host = await startHostApp({ adapter: 'express', store: opened.store });
    host.accounts.add('ada', 'correct horse');
    const [browser, other] = [new Browser(host.url), new Browser(host.url)];
    await browser.login('ada', 'correct horse');
    await other.login('ada', 'correct horse');
    const sid = textOf(await browser.send('GET', '/me'), 'sid');
    const [record] = await opened.store.find([sid]);
    const sealed = record?.sealed ?? '';
    const begin = sealed.indexOf('.') + 1;
    for (const at of [begin, begin + 20, sealed.length - 30, sealed.length - 2]) {
      const spoilt = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      host.events.length = 0;
      await opened.spoil(sealed, spoilt);
      expect((await browser.send('GET', '/me')).status).toBe(401);
      expect(host.events).toMatchObject([{ type: 'session.refused', cause: 'tampered', sessionId: sid }]);
      expect((await other.send('GET', '/me')).status).toBe(200);
      await opened.spoil(spoilt, sealed);
      expect((await browser.send('GET', '/me')).status).toBe(200);
    }
    await host.close();
    await opened.close();
  });
});
