import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { minutes, seconds } from 'nestjs-hybrid-session';
import { Browser, send, textOf } from './support/clients.js';
import { PUBLIC_URL, startHostApp, type HostApp } from './support/host-app.js';
import { MATRIX, openStore, type OpenStore } from './support/stores.js';

describe.each(MATRIX)('Browser surface, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  const login = { json: { username: 'ada', password: 'correct horse' } };

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({
      adapter,
      store: opened.store,
      options: { limit: 'unlimited' },
    });
    host.accounts.add('ada', 'correct horse', ['admin']);
    host.accounts.add('eve', 'correct horse');
    host.accounts.disable(host.accounts.add('stopped', 'correct horse'));
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  const signedIn = async (name = 'ada') => {
    const browser = new Browser(host.url);
    expect((await browser.login(name, 'correct horse')).status).toBe(200);
    return browser;
  };

  describe('the cookie', () => {
    it('is __Host-sid, HttpOnly, Secure, SameSite=Lax, Path=/, without Domain, and in no body', async () => {
      const answer = await send(host.url, 'POST', '/auth/login', { body: login });
      const [cookie = '', ...others] = answer.headers.getSetCookie();
      expect(others).toEqual([expect.stringMatching(/^__Host-sid-device=nhs_d_/)]); // which opens nothing: see brute-force
      const [pair = '', ...attributes] = cookie.split('; ');
      expect(attributes.sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']);
      expect(pair).toMatch(/^__Host-sid=nhs_c_[0-9a-f]{4}\.[\w-]{22}\.0\.[\w-]{43}$/);
      expect(answer.text).not.toContain(pair.split('=')[1]?.split('.').at(-1));
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toMatchObject({
        user: { username: 'ada', roles: ['admin'] },
        session: { channel: 'browser', current: true },
      });
    });

    it.each(['__host-sid', '__HOST-sid', 'sid', '__Host-sid2'])('is not taken under the name %s', async (name) => {
      const { cookie } = await signedIn();
      expect((await send(host.url, 'GET', '/me', { headers: { Cookie: `${name}=${cookie}` } })).status).toBe(401);
    });

    it('is refused when it stands twice', async () => {
      const { cookie } = await signedIn();
      const headers = { Cookie: `__Host-sid=${cookie}; __Host-sid=${cookie}` };
      expect((await send(host.url, 'GET', '/me', { headers })).status).toBe(401);
    });

    it.each(['=', '\u00e9', ' x', '.', '"', '%00', '__proto__', '*', 'A'.repeat(3000)])(
      'with %j appended is refused, and never a 500',
      async (tail) => {
        const { cookie } = await signedIn();
        const answer = await send(host.url, 'GET', '/me', { headers: { Cookie: `__Host-sid=${cookie}${tail}` } });
        expect([answer.status, answer.headers.get('set-cookie')]).toEqual([401, null]);
      },
    );

    it('in the URL is ignored', async () => {
      const { cookie } = await signedIn();
      expect((await send(host.url, 'GET', `/me?__Host-sid=${cookie}&sid=${cookie}&access_token=${cookie}`)).status).toBe(401);
    });
  });

  describe('a login', () => {
    it('answers unknown user, wrong password and stopped account alike', async () => {
      const answers = await Promise.all(
        [
          { username: 'nobody', password: 'correct horse' },
          { username: 'ada', password: 'wrong' },
          { username: 'stopped', password: 'correct horse' },
        ].map((json) => send(host.url, 'POST', '/auth/login', { body: { json } })),
      );
      expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
      expect(answers.map((answer) => [answer.status, answer.body['code']])).toEqual(
        answers.map(() => [401, 'invalid_credentials']),
      );
    });

    it('gives a new secret each time, and a cookie set before is not adopted', async () => {
      const browser = new Browser(host.url);
      browser.cookie = 'nhs_c_0000.AAAAAAAAAAAAAAAAAAAAAA.0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
      const fixed = browser.cookie;
      await browser.login('ada', 'correct horse');
      const first = browser.at(host.url);
      await browser.login('ada', 'correct horse');
      expect(new Set([fixed, first.cookie, browser.cookie]).size).toBe(3);
      expect((await first.send('GET', '/me')).status).toBe(401);
    });

    it('by form answers 303 with the cookie', async () => {
      const form = { username: 'ada', password: 'correct horse', remember: 'on' };
      const answer = await send(host.url, 'POST', '/auth/login', { body: { form }, headers: { Origin: PUBLIC_URL } });
      expect([answer.status, answer.headers.get('location'), answer.text]).toEqual([303, '/', '']);
      expect(answer.headers.getSetCookie().filter((line) => line.startsWith('__Host-sid='))).toHaveLength(1);
    });

    it('reads nothing from the URL', async () => {
      const answer = await send(host.url, 'POST', '/auth/login?username=ada&password=correct%20horse', { body: { json: {} } });
      expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_input']);
    });
  });

  it('no CSRF token is asked for with an access token, but a bad one is refused even beside a good cookie', async () => {
    const browser = await signedIn();
    const token = String((await browser.send('POST', '/auth/session/token')).body['access_token']);
    const both = { Cookie: `__Host-sid=${browser.cookie}`, Authorization: `Bearer ${token}` };
    expect((await send(host.url, 'PATCH', '/me', { headers: both, body: { json: {} } })).status).toBe(200);
    const bad = await send(host.url, 'GET', '/me', { headers: { ...both, Authorization: 'Bearer x' } });
    expect([bad.status, bad.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Bearer realm=.*error="invalid_token"/),
    ]);
    const basic = await send(host.url, 'GET', '/me', { headers: { ...both, Authorization: 'Basic eDp5' } });
    expect(basic.status).toBe(200);
  });

  it('re-authentication gives a new secret and ends the old one', async () => {
    const browser = await signedIn();
    const before = browser.at(host.url);
    host.clock.advance(seconds(5));
    const answer = await browser.send('POST', '/auth/reauthenticate', { json: { password: 'correct horse' } });
    expect(answer.status).toBe(200);
    expect((await before.send('GET', '/me')).status).toBe(401);
    expect((await browser.send('GET', '/me')).status).toBe(200);
    expect((await browser.send('POST', '/auth/reauthenticate', { json: { password: 'wrong' } })).status).toBe(401);
    expect((await browser.send('GET', '/me')).status).toBe(200);
  });

  it('the guards for one credential take no other', async () => {
    const browser = await signedIn();
    const token = String((await browser.send('POST', '/auth/session/token')).body['access_token']);
    const bearer = { headers: { Authorization: `Bearer ${token}` } };
    expect((await browser.send('GET', '/browser/me')).status).toBe(200);
    expect((await browser.send('GET', '/api/me')).status).toBe(401);
    expect((await send(host.url, 'GET', '/api/me', bearer)).status).toBe(200);
    expect((await send(host.url, 'GET', '/browser/me', bearer)).status).toBe(401);
    const none = await send(host.url, 'GET', '/me');
    const challenge = none.headers.get('www-authenticate');
    expect([none.status, challenge]).toEqual([401, expect.stringMatching(new RegExp(`^Bearer realm="${PUBLIC_URL}", DPoP `))]);
  });

  it('a logout ends the session also where someone tossed in a second cookie, be it of a session that lives', async () => {
    for (const order of ['first', 'last'] as const) {
      const [browser, stranger] = [await signedIn(), await signedIn()];
      for (const tossed of ['junk', stranger.cookie]) {
        const again = await signedIn();
        const both = order === 'first' ? [tossed, again.cookie] : [again.cookie, tossed];
        const headers = { Cookie: both.map((cookie) => `__Host-sid=${cookie}`).join('; '), 'X-CSRF-Token': again.csrfToken };
        const answer = await send(host.url, 'POST', '/auth/logout', { headers });
        expect([order, answer.status, answer.headers.get('clear-site-data')]).toEqual([order, 204, '"cache","storage"']);
        expect((await again.send('GET', '/me')).status).toBe(401);
      }
      for (const one of [browser, stranger]) expect((await one.send('GET', '/me')).status).toBe(200); // who did not ask goes on
      const tokenless = { Cookie: `__Host-sid=${browser.cookie}; __Host-sid=${stranger.cookie}` };
      expect((await send(host.url, 'POST', '/auth/logout', { headers: tokenless })).status).toBe(403);
    }
  });

  it('a logout ends the session behind any number of tossed cookies', async () => {
    const [browser, stranger] = [await signedIn(), await signedIn('eve')];
    const tossed = [...Array.from({ length: 100 }, (_, at) => `junk${at}`), ...Array.from({ length: 20 }, () => stranger.cookie)];
    const headers = {
      Cookie: [...tossed, browser.cookie].map((cookie) => `__Host-sid=${cookie}`).join('; '),
      'X-CSRF-Token': browser.csrfToken,
    };
    expect((await send(host.url, 'POST', '/auth/logout', { headers })).status).toBe(204);
    expect((await browser.send('GET', '/me')).status).toBe(401);
    expect((await stranger.send('GET', '/me')).status).toBe(200);
  });

  it('a login ends the older session of its person also where someone tossed in a second cookie', async () => {
    const [older, stranger] = [await signedIn(), await signedIn('eve')];
    const headers = { Cookie: `__Host-sid=${stranger.cookie}; __Host-sid=${older.cookie}` };
    const body = { json: { username: 'ada', password: 'correct horse' } };
    expect((await send(host.url, 'POST', '/auth/login', { headers, body })).status).toBe(200);
    expect((await older.send('GET', '/me')).status).toBe(401);
    expect((await stranger.send('GET', '/me')).status).toBe(200);
  });

  it('the DPoP scheme opens nothing with a token that is bound to no key', async () => {
    const browser = await signedIn();
    const token = String((await browser.send('POST', '/auth/session/token')).body['access_token']);
    for (const scheme of ['DPoP', 'dpop']) {
      const answer = await send(host.url, 'GET', '/me', { headers: { Authorization: `${scheme} ${token}` } });
      expect(answer.status).toBe(401);
    }
  });

  it('ending sessions from the list needs a recent authentication; a re-authentication gives one', async () => {
    const [browser, other] = [await signedIn(), await signedIn()];
    const sid = textOf(await other.send('GET', '/me'), 'sid');
    host.clock.advance(minutes(11));
    for (const path of [`/auth/sessions/${sid}`, '/auth/sessions']) {
      const refused = await browser.send('DELETE', path);
      expect([refused.status, refused.body['code'], refused.body['max_age']]).toEqual([
        401,
        'insufficient_user_authentication',
        600,
      ]);
      expect(refused.headers.get('www-authenticate')).toBeNull();
    }
    expect((await other.send('GET', '/me')).status).toBe(200);
    await browser.send('POST', '/auth/reauthenticate', { json: { password: 'correct horse' } });
    expect((await browser.send('DELETE', `/auth/sessions/${sid}`)).status).toBe(204);
    expect((await other.send('GET', '/me')).status).toBe(401);
  });

  it('another person’s login over a live cookie ends that session only when it succeeds', async () => {
    host.accounts.add(`bob-${adapter}-${storeName}`, 'battery staple');
    const browser = await signedIn();
    const before = browser.at(host.url);
    expect((await browser.login(`bob-${adapter}-${storeName}`, 'wrong')).status).toBe(401);
    expect((await before.send('GET', '/me')).status).toBe(200);
    expect((await browser.login(`bob-${adapter}-${storeName}`, 'battery staple')).status).toBe(200);
    expect((await before.send('GET', '/me')).status).toBe(401);
    expect((await browser.send('GET', '/me')).status).toBe(200);
  });

  it('logout without a live session is 204 and clears the cookie', async () => {
    const browser = await signedIn();
    const copy = browser.at(host.url);
    await browser.send('POST', '/auth/logout');
    for (const one of [copy, new Browser(host.url)]) {
      const answer = await one.send('POST', '/auth/logout');
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([
        204,
        expect.stringMatching(/^__Host-sid=; Max-Age=0; .*Secure/),
      ]);
    }
  });
});

describe('The login limiter', () => {
  it.each(MATRIX)(
    'lets a parallel burst have no more tries than the limit, known name or not, on $adapter with $storeName',
    async ({ adapter, storeName }) => {
      const opened = await openStore(storeName);
      const loginLimits = { account: { free: 5 } };
      const host = await startHostApp({ adapter, store: opened.store, counters: opened.counters, options: { loginLimits } });
      host.accounts.add('ada', 'correct horse');
      for (const username of ['ada', 'nobody']) {
        const tries = Array.from({ length: 20 }, () => new Browser(host.url).login(username, 'wrong'));
        const answers = await Promise.all(tries);
        expect(answers.filter((answer) => answer.status === 401)).toHaveLength(5);
        const refused = answers.filter((answer) => answer.status === 429);
        expect(refused).toHaveLength(15);
        expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect((await new Browser(host.url).login('ada', 'correct horse')).status).toBe(429);
      for (const spelling of [' %', '% ', '\u00a0%']) {
        const answers = await Promise.all(
          ['ada', 'nobody'].map((name) => new Browser(host.url).login(spelling.replace('%', name), 'wrong')),
        );
        expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([429])); // no spelling tells which name exists
      }
      await host.close();
      await opened.close();
    },
  );
});
