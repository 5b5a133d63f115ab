import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { hours, LoginThrottle, minutes, seconds, type LoginLimitOverrides, type SessionEvent } from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { TestAccounts } from './support/accounts.js';
import { Browser, send, textOf, type Answer, DEVICE_COOKIE, deviceCookieOf } from './support/clients.js';
import { ADAPTERS, startHostApp, type HostApp } from './support/host-app.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const PASSWORD = 'correct horse';

/** What an answer says to whoever wants to know whether a name exists. */
const toldBy = (answer: Answer) => ({
  status: answer.status,
  text: answer.text,
  headers: [...answer.headers.keys()].filter((name) => name !== 'date' && !name.startsWith('access-control')),
  wait: answer.headers.get('retry-after'),
});

let opened: OpenStore;
let hosts: HostApp[] = [];
let tries = 0;
const clock = new FakeClock();

type Place = (typeof IN_TURN)[number];

/** Two instances of one application: one store, one set of counters, one set of keys. */
async function startAt(adapter: Place['adapter'], loginLimits: LoginLimitOverrides | 'off' = {}): Promise<HostApp> {
  const accounts = new TestAccounts();
  for (const name of ['ada', 'bob']) accounts.add(name, PASSWORD);
  const options = { loginLimits, keys: [randomBytes(32).toString('base64url')] };
  const given = { adapter, store: opened.store, counters: opened.counters, clock, accounts, trustProxy: true, options };
  hosts = [await startHostApp(given), await startHostApp(given)];
  const [host] = hosts;
  if (!host) throw new Error('no instance was started');
  return host;
}

function withStore(storeName: Place['storeName']): void {
  beforeEach(async () => {
    opened = await openStore(storeName);
    hosts = [];
    tries = 0;
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    await opened.close();
  });
}

/** One try, at the one instance and at the other in turn. */
const attempt = (username: string, password: string, address: string, headers: Record<string, string> = {}) =>
  send(hosts[tries++ % hosts.length]?.url ?? '', 'POST', '/auth/login', {
    headers: { 'X-Forwarded-For': address, ...headers },
    body: { json: { username, password } },
  });
const eventsOf = (...types: readonly SessionEvent['type'][]) =>
  hosts.flatMap(({ events }) => events.filter(({ type }) => types.includes(type)));

describe.each(IN_TURN)('Guessing passwords, on $adapter with $storeName', ({ adapter, storeName }) => {
  withStore(storeName);
  const start = (limits?: LoginLimitOverrides | 'off') => startAt(adapter, limits);

  it('100 parallel tries at two instances get no more answers than the limit, and tell nobody whether the name exists', async () => {
    await start();
    const told: unknown[] = [];
    for (const name of ['ada', 'nobody']) {
      const burst = Array.from({ length: 100 }, (_, i) => attempt(name, 'wrong', `198.51.${i}.1`));
      const answers = await Promise.all(burst);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(95);
      const kinds = [...new Set(answers.map((answer) => JSON.stringify(toldBy(answer))))].sort();
      expect(kinds).toHaveLength(2); // the one refusal, and the one delay
      told.push(kinds);
      expect((await attempt(name, PASSWORD, '203.0.113.1')).headers.get('retry-after')).toBe('30');
    }
    expect(told[0]).toEqual(told[1]);
    expect(eventsOf('login.throttled').every((event) => 'limit' in event && event.limit === 'account')).toBe(true);
  });

  it('without the limiter every try is answered: what the tests here rest on', async () => {
    await start('off');
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => attempt('ada', 'wrong', `198.51.${i}.1`)));
    expect(answers.every(({ status }) => status === 401)).toBe(true);
  });

  it('the delay is over when it says so, and doubles with each failure', async () => {
    await start();
    for (let i = 0; i < 5; i += 1) await attempt('ada', 'wrong', '198.51.100.1');
    for (const wait of ['30', '60', '120']) {
      const answer = await attempt('ada', 'wrong', '198.51.100.1');
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, wait]);
      clock.advance(seconds(Number(wait)));
      expect((await attempt('ada', 'wrong', '198.51.100.1')).status).toBe(401);
    }
    clock.advance(seconds(240));
    expect((await attempt('ada', PASSWORD, '198.51.100.1')).status).toBe(200);
  });

  it('a device that guesses is delayed like anybody else', async () => {
    const host = await start();
    const cookie = deviceCookieOf(await new Browser(host.url).login('ada', PASSWORD));
    const burst = Array.from({ length: 60 }, () => attempt('ada', 'wrong', '192.0.2.1', { Cookie: cookie }));
    const answers = await Promise.all(burst);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(15); // its own ten, and the five of strangers
  });

  describe.each([
    ['POST /auth/reauthenticate', (password: string) => ({ password })],
    ['POST /auth/password', (password: string) => ({ currentPassword: password, newPassword: 'battery staple' })],
  ])('with a stolen session, at %s', (door, bodyOf) => {
    const [method = '', path = ''] = door.split(' ');
    const signedIn = async (name: string) => {
      const browser = new Browser(hosts[0]?.url ?? '');
      expect((await browser.login(name, PASSWORD)).status).toBe(200);
      return browser;
    };
    /** One try, at the one instance and at the other in turn, from an address of its own. */
    const guess = ({ cookie, csrfToken }: Browser, password: string, i = 0) =>
      send(hosts[tries++ % hosts.length]?.url ?? '', method, path, {
        headers: { Cookie: `__Host-sid=${cookie}`, 'X-CSRF-Token': csrfToken, 'X-Forwarded-For': `198.51.${i}.1` },
        body: { json: bodyOf(password) },
      });
    const burst = (stolen: Browser) => Promise.all(Array.from({ length: 30 }, (_, i) => guess(stolen, 'wrong', i)));
    const tally = (answers: readonly Answer[]) => [401, 429].map((is) => answers.filter(({ status }) => status === is).length);

    it('the right password does not get through after the free tries, neither there nor at the login', async () => {
      await start();
      const stolen = await signedIn('ada');
      expect(tally(await burst(stolen))).toEqual([15, 15]); // its own ten, and the five of strangers
      const right = await guess(stolen, PASSWORD, 100);
      expect([right.status, right.body['code'], right.headers.get('retry-after')]).toEqual([429, 'too_many_attempts', '30']);
      expect((await attempt('ada', PASSWORD, '203.0.113.1')).status).toBe(429);
      clock.advance(seconds(30));
      expect((await attempt('ada', PASSWORD, '203.0.113.1')).status).toBe(200); // it is still the right one
    });

    it('what failed at the login counts, and so does what failed at the other of these doors', async () => {
      await start();
      const [ada, bob] = [await signedIn('ada'), await signedIn('bob')];
      for (let i = 0; i < 5; i += 1) await attempt('ada', 'wrong', `192.0.2.${i}`);
      expect(tally(await burst(ada))).toEqual([10, 20]);
      await burst(bob);
      for (const [other, json] of [
        ['/auth/reauthenticate', { password: PASSWORD }],
        ['/auth/password', { currentPassword: PASSWORD, newPassword: 'battery staple' }],
      ] as const) {
        expect((await bob.send('POST', other, { json })).status).toBe(429);
      }
    });
  });

  it('100 failures in a row stop a name, known or not, until a reset: also for the right password, a new address, a known device', async () => {
    const host = await start();
    const cookie = deviceCookieOf(await new Browser(host.url).login('ada', PASSWORD));
    const told: unknown[] = [];
    for (const name of ['ada', 'nobody']) {
      for (let i = 0; i < 100; i += 1) {
        expect((await attempt(name, 'wrong', `198.51.${i}.1`)).status).toBe(401);
        clock.advance(hours(1));
      }
      expect(eventsOf('login.stopped')).toHaveLength(name === 'ada' ? 1 : 2);
      clock.advance(hours(24 * 365));
      told.push(toldBy(await attempt(name, PASSWORD, '203.0.113.1')));
    }
    expect(told[0]).toEqual(told[1]);
    expect(told[0]).toMatchObject({ status: 429, wait: '3600' });
    expect((await attempt('ada', PASSWORD, '203.0.113.2', { Cookie: cookie })).status).toBe(429);
    await host.app.get(LoginThrottle).lift('ada');
    expect((await attempt('ada', PASSWORD, '203.0.113.3')).status).toBe(200);
  });

  it('the same passwords on many names from one address are seen once, and that address is delayed', async () => {
    await start();
    for (let i = 0; i < 20; i += 1) expect((await attempt(`name-${i}`, 'Winter2026!', '198.51.100.9')).status).toBe(401);
    expect(eventsOf('login.spraying')).toEqual([expect.objectContaining({ address: '198.51.100.9', names: 20 })]);
    const next = await attempt('name-21', 'Winter2026!', '198.51.100.9');
    expect([next.status, next.headers.get('retry-after')]).toEqual([429, String(minutes(15) / 1000)]);
    expect((await attempt('ada', PASSWORD, '198.51.100.10')).status).toBe(200);
  });

  it('one address, and one block of addresses, get only so many tries over all names', async () => {
    await start({ address: { free: 10 }, block: { free: 15 }, spraying: { policy: 'report' } });
    const burst = (address: (i: number) => string, name: string) =>
      Promise.all(Array.from({ length: 30 }, (_, i) => attempt(`${name}-${i}`, 'wrong', address(i))));
    const tried = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 401).length;
    expect(tried(await burst(() => '198.51.100.1', 'a'))).toBe(10);
    expect(tried(await burst((i) => `198.51.100.${i + 2}`, 'b'))).toBe(5);
    expect(tried(await burst((i) => `2001:db8:7:1::${i.toString(16)}`, 'c'))).toBe(10); // one /64
    expect(tried(await burst((i) => `2001:db8:7:${i + 2}::1`, 'd'))).toBe(5); // its /48
    expect((await attempt('ada', PASSWORD, '203.0.113.1')).status).toBe(200);
  });
});

/** Each adapter once: what is counted is counted as above. */
describe.each(IN_TURN.slice(0, ADAPTERS.length))(
  'A device that is known, on $adapter with $storeName',
  ({ adapter, storeName }) => {
    withStore(storeName);
    const start = () => startAt(adapter);

    it('an attacker does not lock a known browser out, nor a known app, nor a person who is signed in', async () => {
      const host = await start();
      const browser = new Browser(host.url);
      const cookie = deviceCookieOf(await browser.login('ada', PASSWORD));
      const body = { json: { username: 'ada', password: PASSWORD } };
      const secret = textOf(await send(host.url, 'POST', '/auth/token', { body }), 'device_secret');
      for (let i = 0; i < 10; i += 1) await attempt('ada', 'wrong', `198.51.${i}.1`);
      expect((await attempt('ada', PASSWORD, '192.0.2.1')).status).toBe(429);
      expect((await attempt('ada', PASSWORD, '192.0.2.1', { Cookie: cookie })).status).toBe(200);
      const withSecret = { json: { ...body.json, device_secret: secret } };
      expect((await send(host.url, 'POST', '/auth/token', { body: withSecret })).status).toBe(200);
      expect((await browser.send('POST', '/auth/reauthenticate', { json: { password: PASSWORD } })).status).toBe(200);
      expect((await attempt('ada', PASSWORD, '192.0.2.1')).status).toBe(429); // and nobody else got in by that
    });

    it('a device cookie helps its own user alone, and is no session', async () => {
      const host = await start();
      const cookie = deviceCookieOf(await new Browser(host.url).login('bob', PASSWORD));
      for (let i = 0; i < 10; i += 1) await attempt('ada', 'wrong', `198.51.${i}.1`);
      expect((await attempt('ada', PASSWORD, '192.0.2.1', { Cookie: cookie })).status).toBe(429);
      const [, secret = ''] = DEVICE_COOKIE.exec(cookie) ?? [];
      for (const session of [cookie, `__Host-sid=${secret}`]) {
        expect((await send(host.url, 'GET', '/me', { headers: { Cookie: session } })).status).toBe(401);
      }
    });

    it('two device cookies count as none, whichever comes first: a tossed one makes nobody known', async () => {
      const host = await start();
      const [own, tossed] = [new Browser(host.url), new Browser(host.url)];
      const cookies = [deviceCookieOf(await own.login('ada', PASSWORD)), deviceCookieOf(await tossed.login('bob', PASSWORD))];
      for (let i = 0; i < 10; i += 1) await attempt('ada', 'wrong', `198.51.${i}.1`);
      for (const pair of [cookies, cookies.toReversed()]) {
        expect((await attempt('ada', PASSWORD, '192.0.2.1', { Cookie: pair.join('; ') })).status).toBe(429);
      }
      expect((await attempt('ada', PASSWORD, '192.0.2.1', { Cookie: cookies[0] ?? '' })).status).toBe(200);
    });

    it('a login from a browser or an app that the user had not used before is told, and only that', async () => {
      const host = await start();
      const cookie = deviceCookieOf(await new Browser(host.url).login('ada', PASSWORD));
      const again = await attempt('ada', PASSWORD, '192.0.2.1', { Cookie: cookie });
      expect(again.status).toBe(200);
      expect(eventsOf('login.new_device')).toHaveLength(1);
      await attempt('ada', PASSWORD, '192.0.2.1', { Cookie: deviceCookieOf(again) });
      await attempt('ada', 'wrong', '192.0.2.1');
      expect(eventsOf('login.new_device')).toHaveLength(1);
      await attempt('bob', PASSWORD, '192.0.2.1', { Cookie: cookie });
      const body = { json: { username: 'ada', password: PASSWORD } };
      await send(host.url, 'POST', '/auth/token', { body, headers: { 'User-Agent': 'OrdersApp/3' } });
      expect(eventsOf('login.new_device').slice(1)).toEqual([
        expect.objectContaining({ channel: 'api', device: 'OrdersApp' }),
        expect.objectContaining({ channel: 'browser', address: '192.0.2.1' }),
      ]);
    });

    it('the device cookie is the server’s alone, outlives a logout, and is not given for a failure', async () => {
      const host = await start();
      const browser = new Browser(host.url);
      const login = await browser.login('ada', PASSWORD);
      const lines = login.headers.getSetCookie().filter((line) => DEVICE_COOKIE.test(line));
      expect(lines).toEqual([
        expect.stringMatching(/^__Host-sid-device=nhs_d_[\w.-]+; Max-Age=34560000; SameSite=Strict; Path=\/; HttpOnly; Secure$/),
      ]);
      const logout = await browser.send('POST', '/auth/logout');
      expect(logout.headers.getSetCookie().some((line) => DEVICE_COOKIE.test(line))).toBe(false);
      expect((await attempt('ada', 'wrong', '192.0.2.1')).headers.getSetCookie()).toEqual([]);
    });
  },
);
