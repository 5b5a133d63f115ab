import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { AppProcess, sharedEnvironment } from './support/app-process.js';
import { ApiClient, Browser, textOf } from './support/clients.js';
import { ADAPTERS } from './support/host-app.js';

type Kind = 'json' | 'form';

/** A route that reads a body: its good fields, and which of them may be left out. */
interface Route {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly kinds: readonly Kind[];
  readonly as: 'nobody' | 'user' | 'admin';
  readonly fields: Readonly<Record<string, string | boolean>>;
  readonly optional?: readonly string[];
}

const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/auth/login',
    kinds: ['json', 'form'],
    as: 'nobody',
    fields: { username: 'ada', password: 'ada-password', remember: true },
    optional: ['remember'],
  },
  {
    method: 'POST',
    path: '/auth/token',
    kinds: ['json'],
    as: 'nobody',
    fields: { username: 'ada', password: 'ada-password', device: 'd', client_id: 'c' },
    optional: ['device', 'client_id'],
  },
  { method: 'POST', path: '/auth/reauthenticate', kinds: ['json', 'form'], as: 'user', fields: { password: 'ada-password' } },
  {
    method: 'POST',
    path: '/auth/password',
    kinds: ['json', 'form'],
    as: 'user',
    fields: { currentPassword: 'ada-password', newPassword: 'long enough' },
  },
  {
    method: 'POST',
    path: '/oauth/token',
    kinds: ['form'],
    as: 'nobody',
    fields: { grant_type: 'refresh_token', refresh_token: 'x', scope: 's', client_id: 'c' },
    optional: ['scope', 'client_id'],
  },
  {
    method: 'POST',
    path: '/oauth/revoke',
    kinds: ['form'],
    as: 'nobody',
    fields: { token: 'x', token_type_hint: 'h', client_id: 'c' },
    optional: ['token', 'token_type_hint', 'client_id'],
  },
  { method: 'POST', path: '/oauth/introspect', kinds: ['form'], as: 'nobody', fields: { token: 'x', client_id: 'c' } },
  { method: 'PATCH', path: '/me', kinds: ['json'], as: 'user', fields: { displayName: 'Ada' } },
  { method: 'POST', path: '/me/email', kinds: ['json'], as: 'user', fields: { email: 'ada@example.org' } },
  { method: 'POST', path: '/admin/users', kinds: ['json'], as: 'admin', fields: { username: 'new', password: 'long enough' } },
  {
    method: 'POST',
    path: '/admin/users/00000000-0000-4000-8000-000000000000/password',
    kinds: ['json'],
    as: 'admin',
    fields: { newPassword: 'long enough' },
  },
];

const OVERSIZED = 'x'.repeat(9_000);
const WRONG: readonly (readonly [string, string])[] = [
  ['a number', '7'],
  ['null', 'null'],
  ['a list', '["x"]'],
  ['an object', '{"x":"x"}'],
  ['oversized', JSON.stringify(OVERSIZED)],
  ['NUL inside', '"a\\u0000b"'],
  ['half a surrogate pair', '"a\\ud800b"'],
  ['a replacement character', '"a\\ufffdb"'],
];

describe.each(ADAPTERS)('Bad input, on %s', (adapter) => {
  let app: AppProcess;
  let admin: Browser;
  let user: Browser;
  let headers: Record<Route['as'], Record<string, string>>;
  let before: string;

  beforeAll(async () => {
    app = await AppProcess.start(await sharedEnvironment({ HTTP_ADAPTER: adapter, SESSION_STORE: 'memory' }));
    [admin, user] = [new Browser(app.url), new Browser(app.url)];
    expect((await admin.login('admin', 'admin-password')).status).toBe(200);
    expect((await user.login('ada', 'ada-password')).status).toBe(200);
    const of = (browser: Browser) => ({
      Cookie: `__Host-sid=${browser.cookie}`,
      'X-CSRF-Token': browser.csrfToken,
      Origin: 'http://localhost',
    });
    headers = { nobody: { Origin: 'http://localhost' }, user: of(user), admin: of(admin) };
    before = await state();
  }, 60_000);
  afterAll(async () => {
    expect(await state()).toBe(before); // nothing of all this changed anything
    expect(await app.stop()).toBe(0);
    expect(app.log).not.toMatch(/\n\s+at .*\.js:\d+/); // no stack trace either
  });

  /** What bad input must leave alone: the users, and the sessions of the one who sends it. */
  const state = async () => {
    const sessions = JSON.parse((await user.send('GET', '/auth/sessions')).text) as { id: string }[];
    return (await admin.send('GET', '/admin/users')).text + sessions.map((one) => one.id).join();
  };
  const raw = async (
    method: 'POST' | 'PATCH' | 'PUT' | 'GET' | 'DELETE',
    path: string,
    as: Route['as'],
    type: string | undefined,
    body: Buffer | string,
  ) => {
    const answer = await request(app.url + path, {
      method,
      headers: { ...headers[as], ...(type ? { 'Content-Type': type } : {}) },
      body,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, type: String(answer.headers['content-type'] ?? ''), text };
  };
  const expectRefused = async (route: Route, type: string | undefined, body: Buffer | string) => {
    const { status, type: answered, text } = await raw(route.method, route.path, route.as, type, body);
    expect({ status, text }).toEqual({ status: expect.any(Number), text });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(answered).toMatch(route.path.startsWith('/oauth') ? /^application\/json/ : /^application\/problem\+json/);
    expect(text).not.toContain(OVERSIZED.slice(0, 100));
  };
  const jsonOf = (fields: Route['fields'], name: string, value: string | undefined) =>
    `{${Object.entries({ ...fields, [name]: '' })
      .filter(([key]) => key !== name || value !== undefined)
      .map(([key, good]) => `${JSON.stringify(key)}:${key === name ? value : JSON.stringify(good)}`)
      .join(',')}}`;
  const formOf = (fields: Route['fields'], more: string) =>
    [
      new URLSearchParams(Object.entries(fields).map(([key, value]): [string, string] => [key, String(value)])).toString(),
      more,
    ].join('&');

  describe.each(ROUTES)('$method $path', (route) => {
    const { fields, optional = [] } = route;
    const names = Object.keys(fields);
    const json = route.kinds.includes('json');
    const form = route.kinds.includes('form');

    it('refuses a missing field', async () => {
      for (const name of names.filter((one) => !optional.includes(one))) {
        const { [name]: _, ...rest } = fields;
        if (json) {
          await expectRefused(route, 'application/json', JSON.stringify(rest));
        }
        if (form) {
          await expectRefused(route, 'application/x-www-form-urlencoded', formOf(rest, ''));
        }
      }
    });

    it('refuses a field of the wrong type, size or alphabet', async () => {
      for (const name of names) {
        if (json) {
          for (const [, value] of WRONG) await expectRefused(route, 'application/json', jsonOf(fields, name, value));
          const notUtf8 = Buffer.from(jsonOf(fields, name, '"a#b"'));
          notUtf8[notUtf8.indexOf('#')] = 0xff;
          await expectRefused(route, 'application/json', notUtf8);
        }
        if (form) {
          const { [name]: _, ...rest } = fields;
          for (const bad of [`${name}=${OVERSIZED}`, `${name}=a%ffb`, `${name}=a%00b`, `${name}[x]=1`, `${name}[]=1`]) {
            if (bad.includes('[') && (optional.includes(name) || !rest)) continue; // an unknown field of that name, which is ignored
            await expectRefused(route, 'application/x-www-form-urlencoded', formOf(rest, bad));
          }
        }
      }
    });

    it('refuses a repeated field', async () => {
      expect(names.length).toBeGreaterThan(0);
      if (!form) return; // of two equal keys in JSON the last one counts (RFC 8259 §4)
      for (const name of names)
        await expectRefused(route, 'application/x-www-form-urlencoded', formOf(fields, `${name}=a&${name}=b`));
    });

    it('refuses another media type, malformed and hostile bodies', async () => {
      const good = JSON.stringify(fields);
      for (const type of [undefined, 'text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/json2']) {
        await expectRefused(route, type, good);
      }
      for (const body of [
        '',
        '{',
        'null',
        '7',
        '"x"',
        '[]',
        `[${good}]`,
        '{"__proto__":{"username":"ada","password":"x"}}',
        '['.repeat(50_000),
      ]) {
        await expectRefused(route, 'application/json', body);
      }
      await expectRefused(route, 'application/json', `{"x":"${'x'.repeat(300_000)}"}`);
      await expectRefused(route, 'application/json; charset=nonsense', good);
      await expectRefused(route, 'application/x-www-form-urlencoded', '%');
      await expectRefused(route, 'application/x-www-form-urlencoded', 'x'.repeat(300_000));
    });
  });

  it('refuses ids that are none, as not found', async () => {
    const ids = [
      'x',
      '%00',
      '%ff',
      '..%2f..',
      '*',
      '0'.repeat(3_000),
      '%F0%9F%98%80',
      "'; drop table user; --",
      '0000.AAAAAAAAAAAAAAAAAAAAAA%0A',
    ];
    for (const id of ids) {
      for (const path of [`/auth/sessions/${id}`, `/admin/sessions/${id}`, `/admin/users/${id}/sessions`]) {
        const { status } = await raw('DELETE', path, path.startsWith('/admin') ? 'admin' : 'user', undefined, '');
        expect({ path, status }).toEqual({ path, status: expect.any(Number) });
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }
    }
  });

  it('refuses unknown routes and methods as problems', async () => {
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['PUT', '/auth/login'],
      ['GET', '/auth/logout'],
      ['GET', '/%'],
      ['DELETE', '/.well-known/jwks.json'],
    ] as const) {
      const { status, type } = await raw(method, path, 'user', undefined, '');
      expect([400, 404, 405]).toContain(status);
      expect(type).toMatch(/json/);
    }
  });

  it('ends no session by hostile credentials, and answers them with 401', async () => {
    const api = new ApiClient(app.url);
    for (const token of [
      '',
      'x',
      'a.b.c',
      '{"alg":"none"}',
      'é',
      'x'.repeat(8_000),
      textOf(await user.send('GET', '/me'), 'sid'),
    ]) {
      const answer = await request(`${app.url}/me`, {
        headers: { Authorization: Buffer.from(`Bearer ${token}`).toString('latin1') },
      });
      await answer.body.dump();
      expect(answer.statusCode).toBe(401);
      expect((await api.refresh(token)).status).toBe(400);
    }
  });
});
