import { request as rawRequest } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { StoreUnavailableError } from 'nestjs-hybrid-session';
import { loadConfig } from '../src/config/load-config.js';
import { createApp } from '../src/create-app.js';
import { SessionStores } from '../src/sessions/session-stores.js';
import { Browser, send, textOf } from './support/clients.js';
import { ADAPTERS, type AdapterName, PUBLIC_URL } from './support/host-app.js';
import { KeptLog } from './support/kept-log.js';

const SPA = 'https://spa.example';
const EVIL = 'https://spa.example.evil.example';

interface Opened {
  readonly app: INestApplication<Server>;
  readonly url: string;
}

describe.each(ADAPTERS)('What the reference application tells browsers, on %s', (adapter) => {
  const folders: string[] = [];
  const apps: INestApplication<Server>[] = [];
  let listed: Opened;
  let closed: Opened;
  let secure: Opened;

  async function open(more: Record<string, string>): Promise<Opened> {
    const folder = await mkdtemp(join(tmpdir(), 'nhs-headers-'));
    folders.push(folder);
    const environment = {
      HTTP_ADAPTER: adapter satisfies AdapterName,
      PUBLIC_URL,
      DATABASE_URL: 'file:app.db',
      SEED_USERS: 'ada:ada-password:user',
      ...more,
    };
    const app = await createApp(loadConfig(environment, folder), new KeptLog());
    apps.push(app);
    await app.listen(0, '127.0.0.1');
    return { app, url: await app.getUrl() };
  }
  beforeAll(async () => {
    listed = await open({ CORS_ORIGINS: `${SPA},https://other.example` });
    closed = await open({});
    secure = await open({ PUBLIC_URL: 'https://app.example' });
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  /** One answer of each kind: page, script, JSON, refusal, unknown route, body that is none, path that is none. */
  async function answersOf(url: string): Promise<readonly (readonly [string, number, Headers])[]> {
    const browser = new Browser(url);
    const origin = { Origin: PUBLIC_URL };
    const asked = [
      ['page', await send(url, 'GET', '/login')],
      ['script', await send(url, 'GET', '/assets/site.js')],
      ['login', await browser.login('ada', 'ada-password')],
      ['page of a person', await browser.send('GET', '/')],
      ['JSON', await browser.send('GET', '/me')],
      ['to the login', await send(url, 'GET', '/')],
      ['refusal', await send(url, 'GET', '/me')],
      [
        'form that failed',
        await send(url, 'POST', '/auth/login', {
          headers: { ...origin, Accept: 'text/html' },
          body: { form: { username: 'ada', password: 'x' } },
        }),
      ],
      ['OAuth error', await send(url, 'POST', '/oauth/token', { body: { form: {} } })],
      ['unknown route', await send(url, 'GET', '/nowhere')],
      [
        'body that is too large',
        await send(url, 'POST', '/auth/login', { headers: origin, body: { json: { username: 'x'.repeat(70_000) } } }),
      ],
      ['logout', await browser.send('POST', '/auth/logout')],
    ] as const;
    const malformed = await new Promise<readonly [string, number, Headers]>((resolve, reject) => {
      rawRequest(`${url}/%zz`, (answer) => {
        answer.resume();
        resolve(['path that is none', answer.statusCode ?? 0, new Headers(answer.headers as Record<string, string>)]);
      })
        .on('error', reject)
        .end();
    });
    return [...asked.map(([kind, { status, headers }]) => [kind, status, headers] as const), malformed];
  }

  it('stands on every answer, also on those that no route of ours gives', async () => {
    const answers = await answersOf(closed.url);
    expect(answers.map(([, status]) => status)).toEqual([200, 200, 200, 200, 200, 303, 401, 401, 400, 404, 413, 204, 400]);
    for (const [kind, , headers] of answers) {
      const policy = headers.get('content-security-policy') ?? '';
      const said = {
        kind,
        policy: policy.split(';').sort(),
        nosniff: headers.get('x-content-type-options'),
        referrer: headers.get('referrer-policy'),
        opener: headers.get('cross-origin-opener-policy'),
        resource: headers.get('cross-origin-resource-policy'),
        frame: headers.get('x-frame-options'),
        server: headers.get('x-powered-by'),
        cors: headers.get('access-control-allow-origin'),
      };
      expect(said).toEqual({
        kind,
        policy: [
          "base-uri 'none'",
          "connect-src 'self'",
          "default-src 'none'",
          "form-action 'self'",
          "frame-ancestors 'none'",
          "img-src 'self'",
          "object-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
        ],
        nosniff: 'nosniff',
        referrer: 'same-origin',
        opener: 'same-origin',
        resource: 'same-origin',
        frame: 'DENY',
        server: null,
        cors: null,
      });
    }
  });

  it('asks for TLS for a year, subdomains too, where the application is reached by it, and nowhere else', async () => {
    const said = async ({ url }: Opened) => (await send(url, 'GET', '/nowhere')).headers.get('strict-transport-security');
    expect(await said(secure)).toBe('max-age=31536000; includeSubDomains');
    expect(await said(closed)).toBeNull();
  });

  it('takes back what a browser keeps at logout, beside the cookie', async () => {
    const browser = new Browser(closed.url);
    await browser.login('ada', 'ada-password');
    const { headers } = await browser.send('POST', '/auth/logout');
    expect(headers.get('clear-site-data')).toBe('"cache","storage"');
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-sid=;.*Max-Age=0/)]);
  });

  const preflight = (url: string, origin: string, path = '/me') =>
    send(url, 'OPTIONS', path, {
      headers: { Origin: origin, 'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': 'x-csrf-token' },
    });
  /** All that an answer says of CORS, and what caches are told. The adapters write lists with and without blanks. */
  const grantOf = ({ headers }: { readonly headers: Headers }) => ({
    ...Object.fromEntries(
      [...headers]
        .filter(([name]) => name.startsWith('access-control-'))
        .map(([name, value]) => [name, value.replaceAll(' ', '')]),
    ),
    vary: headers.get('vary'),
  });
  const GRANTED = {
    'access-control-allow-origin': SPA,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'WWW-Authenticate,Retry-After,DPoP-Nonce',
    vary: 'Origin',
  };
  const OF_EVERY_ANSWER = [
    'content-security-policy',
    'x-content-type-options',
    'referrer-policy',
    'cross-origin-resource-policy',
  ];
  const lackedBy = ({ headers }: { readonly headers: Headers }) => OF_EVERY_ANSWER.filter((name) => !headers.has(name));

  it('lets pages of a listed origin call, cookies included, and says to caches that this depends on the origin', async () => {
    for (const path of ['/me', '/nowhere']) {
      const asked = await preflight(listed.url, SPA, path);
      expect([asked.status, lackedBy(asked)]).toEqual([204, []]);
      expect(grantOf(asked)).toEqual({
        ...GRANTED,
        'access-control-allow-methods': 'GET,HEAD,POST,PUT,PATCH,DELETE',
        'access-control-allow-headers': 'Authorization,Content-Type,DPoP,X-CSRF-Token',
        'access-control-max-age': '600',
      });
    }
    const page = await send(listed.url, 'GET', '/login', { headers: { Origin: SPA } });
    expect([page.status, grantOf(page)]).toEqual([200, GRANTED]);
  });

  /** A refusal of each kind: by a guard, by the router, and by the reader of bodies in three ways. */
  const refusalsFor = async (headers: Record<string, string>): Promise<readonly Response[]> => {
    const login = (type: string, body: string) =>
      fetch(`${listed.url}/auth/login`, { method: 'POST', headers: { 'Content-Type': type, ...headers }, body });
    return [
      await fetch(`${listed.url}/me`, { headers }),
      await fetch(`${listed.url}/nowhere`, { headers }),
      await login('application/json', '{'),
      await login('application/json', JSON.stringify('x'.repeat(70_000))),
      await login('text/plain', 'x'),
    ];
  };

  it('lets them read why they are refused, by whatever part of the application', async () => {
    const refusals = await refusalsFor({ Origin: SPA });
    expect(refusals.map(({ status }) => status)).toEqual([401, 404, 400, 413, 415]);
    for (const refusal of refusals) expect([grantOf(refusal), lackedBy(refusal)]).toEqual([GRANTED, []]);
  });

  it('lets them read that the store is away, and when to ask again', async () => {
    const browser = new Browser(listed.url);
    await browser.login('ada', 'ada-password');
    const { store } = listed.app.get(SessionStores);
    const away = jest.spyOn(store, 'find').mockRejectedValue(new StoreUnavailableError());
    const refused = await browser.send('GET', '/me', undefined, { Origin: SPA }).finally(() => away.mockRestore());
    expect([refused.status, grantOf(refused), lackedBy(refused)]).toEqual([503, GRANTED, []]);
    expect(refused.headers.has('retry-after')).toBe(true);
  });

  it('answers an OPTIONS that is no preflight alike on both adapters', async () => {
    const statusOf = async (headers: Record<string, string>) => (await send(listed.url, 'OPTIONS', '/me', { headers })).status;
    expect([await statusOf({ Origin: SPA }), await statusOf({ Origin: EVIL }), await statusOf({})]).toEqual([204, 404, 404]);
  });

  it('grants nothing to any other origin: not one that begins like it, nor "null", nor none, nor http', async () => {
    const nothing = { vary: 'Origin' };
    for (const origin of [EVIL, 'null', 'http://spa.example', `${SPA}:8443`, 'https://SPA.example.']) {
      expect(grantOf(await preflight(listed.url, origin))).toEqual(nothing);
      for (const refusal of await refusalsFor({ Origin: origin })) expect(grantOf(refusal)).toEqual(nothing);
    }
    for (const refusal of await refusalsFor({})) expect(grantOf(refusal)).toEqual(nothing);
    expect(grantOf(await preflight(closed.url, SPA))).toEqual({ vary: null });
  });

  it('counts a listed origin as ours where a cookie acts, with the token as ever, and no other', async () => {
    const login = (url: string, origin: string) =>
      send(url, 'POST', '/auth/login', {
        headers: { Origin: origin },
        body: { json: { username: 'ada', password: 'ada-password' } },
      });
    const answer = await login(listed.url, SPA);
    expect(answer.status).toBe(200);
    const [cookie = ''] = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
    const rename = (headers: Record<string, string>) =>
      send(listed.url, 'PATCH', '/me', {
        headers: { Cookie: cookie, Origin: SPA, ...headers },
        body: { json: { displayName: 'Ada' } },
      });
    expect((await rename({ 'X-CSRF-Token': textOf(answer, 'csrfToken') })).status).toBe(200);
    expect((await rename({})).status).toBe(403);
    expect((await rename({ 'X-CSRF-Token': textOf(answer, 'csrfToken'), Origin: EVIL })).status).toBe(403);
    expect([(await login(listed.url, EVIL)).status, (await login(closed.url, SPA)).status]).toEqual([403, 403]);
  });
});

describe('CORS_ORIGINS', () => {
  it.each(['https://spa.example/', '*', 'spa.example'])('names a wrong origin by the variable: %s', (origin) => {
    expect(() => loadConfig({ CORS_ORIGINS: origin })).toThrow(/CORS_ORIGINS.*is not an origin/);
  });

  it('takes no http origin in production', () => {
    expect(() => loadConfig({ NODE_ENV: 'production', CORS_ORIGINS: 'http://spa.example' })).toThrow(
      /CORS_ORIGINS.*must be https/,
    );
  });
});
