import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { days, hours, MemorySessionStore, minutes } from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { ApiClient, Browser, type Answer } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { PROPERTY_MATRIX, openStore, type OpenStore } from './support/stores.js';

const lifetimes = {
  browser: { idle: minutes(30), absolute: hours(2) },
  api: { idle: minutes(30), absolute: hours(2) },
  remembered: { idle: days(1), absolute: days(3) },
};

/** The line that sets the session cookie; the one of the device has a life of its own. */
const sessionCookieOf = (answer: Answer) => answer.headers.getSetCookie().find((line) => line.startsWith('__Host-sid='));

describe.each(PROPERTY_MATRIX)('P10 one clock for both channels, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: opened.store, options: { lifetimes, limit: 'unlimited' } });
    host.accounts.add('ada', 'correct horse');
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

  it('unused for a millisecond less than the idle timeout both live, at the timeout both are dead', async () => {
    const alive = await signIn();
    host.clock.advance(minutes(30) - 1);
    expect((await alive.browser.send('GET', '/me')).status).toBe(200);
    expect((await alive.api.refresh()).status).toBe(200);

    const dead = await signIn();
    host.clock.advance(minutes(30));
    expect((await dead.browser.send('GET', '/me')).status).toBe(401);
    expect((await dead.api.refresh()).status).toBe(400);
  });

  it('use moves the idle end, but neither use nor rotation nor re-authentication moves the absolute end', async () => {
    const { browser, api } = await signIn();
    for (let i = 0; i < 7; i++) {
      host.clock.advance(minutes(17));
      expect((await browser.send('POST', '/auth/reauthenticate', { json: { password: 'correct horse' } })).status).toBe(200);
      expect((await api.refresh()).status).toBe(200);
      expect(api.keep(await api.send('POST', '/auth/reauthenticate', { json: { password: 'correct horse' } })).status).toBe(200);
      await host.sessions.settled();
    }
    host.clock.advance(minutes(1)); // 2 h since the login
    expect((await browser.send('GET', '/me')).status).toBe(401);
    expect((await api.send('GET', '/me')).status).toBe(401);
    expect((await api.refresh()).status).toBe(400);
  });

  it('an access token never outlives the absolute end of its session', async () => {
    const { api } = await signIn();
    for (let i = 0; i < 5; i++) {
      host.clock.advance(minutes(23));
      await api.refresh();
    }
    host.clock.advance(minutes(4)); // 1 h 59 min since the login
    const last = await api.refresh();
    expect([last.status, last.body['expires_in']]).toEqual([200, 60]);
  });

  it('remember-me is a lifetime of its own, with a cookie that outlives the browser; otherwise the cookie ends with it', async () => {
    const browser = new Browser(host.url);
    const plain = await browser.login('ada', 'correct horse');
    expect(sessionCookieOf(plain)).toMatch(/^__Host-sid=nhs_c_/);
    expect(sessionCookieOf(plain)).not.toMatch(/max-age|expires/i);
    const remembered = await browser.login('ada', 'correct horse', { remember: true });
    expect(sessionCookieOf(remembered)).toMatch(new RegExp(`; Max-Age=${days(3) / 1000};`));
    host.clock.advance(hours(23));
    expect((await browser.send('GET', '/me')).status).toBe(200);
    await host.sessions.settled();
    host.clock.advance(days(1));
    expect((await browser.send('GET', '/me')).status).toBe(401);
  });

  it('a refresh never counts as an authentication: the step-up still asks for the password', async () => {
    const { api } = await signIn();
    host.clock.advance(minutes(11));
    await api.refresh();
    const refused = await api.send('POST', '/sensitive', { json: {} });
    expect([refused.status, refused.body['code']]).toEqual([401, 'insufficient_user_authentication']);
    expect(refused.headers.get('www-authenticate')).toMatch(/error="insufficient_user_authentication".*max_age="600"/);
    api.keep(await api.send('POST', '/auth/reauthenticate', { json: { password: 'correct horse' } }));
    expect((await api.send('POST', '/sensitive', { json: {} })).status).toBe(201);
  });
});

describe('A machine whose clock is a day ahead of the store’s', () => {
  it('follows the store’s clock from its first request on, and ends nobody’s session', async () => {
    const storeClock = new FakeClock(Date.now() - days(1));
    const store = new MemorySessionStore(storeClock);
    const options = { keys: [Buffer.alloc(32, 1).toString('base64url')], lifetimes };
    const one = await startHostApp({ adapter: 'express', store, clock: storeClock, options });
    one.accounts.add('ada', 'correct horse');
    const browser = new Browser(one.url);
    await browser.login('ada', 'correct horse');
    const two = await startHostApp({ adapter: 'express', store, productionClock: true, options });
    expect((await browser.at(two.url).send('GET', '/me')).status).toBe(200);
    expect((await browser.at(two.url).send('GET', '/auth/sessions')).body).toMatchObject({ 0: { current: true } });
    await one.close();
    await two.close();
  });
});
