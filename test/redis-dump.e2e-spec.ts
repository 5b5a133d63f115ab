import { describe, expect, it } from '@jest/globals';
import { ApiClient, Browser, textOf } from './support/clients.js';
import { startHostApp } from './support/host-app.js';
import { openStore } from './support/stores.js';

describe('P6 a dump of Redis', () => {
  it('holds no credential, no password and no personal data after a full journey', async () => {
    const opened = await openStore('redis');
    const host = await startHostApp({
      adapter: 'express',
      store: opened.store,
      counters: opened.counters,
      options: { loginLimits: { account: { limit: 50, window: 60_000 }, address: { limit: 50, window: 60_000 } } },
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
    expect(dump).toMatch(/:s:[\w-]{22}\n\[/); // it does hold the session
    for (const credential of seen) {
      expect(credential.length).toBeGreaterThan(20);
      const secret = credential.slice(credential.lastIndexOf('.') + 1);
      expect(dump.includes(credential)).toBe(false);
      expect(dump.includes(secret)).toBe(false);
      expect(dump.includes(Buffer.from(secret, 'base64url').toString('hex'))).toBe(false);
    }
    for (const canary of ['canary', 'Canary', 'ada', 'example.org', '127.0.0.1']) expect(dump).not.toContain(canary);
    await host.close();
    await opened.close();
  });

  it('lets no one log in: a session rebuilt from a dump under other keys is refused', async () => {
    const opened = await openStore('redis');
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
});
