import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { request } from 'undici';
import { loadConfig } from '../src/config/load-config.js';
import { createApp } from '../src/create-app.js';
import { Users } from '../src/users/users.service.js';
import { until } from './support/app-process.js';
import { ApiClient, Browser, send, textOf } from './support/clients.js';
import { ADAPTERS } from './support/host-app.js';
import { KeptLog } from './support/kept-log.js';

const PASSWORDS = { admin: 'admin-password', ada: 'ada-password' };

describe.each(ADAPTERS)('the reference application on %s', (adapter) => {
  let folder: string;
  let app: INestApplication<Server>;
  let url: string;
  const trail = new KeptLog();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nhs-reference-'));
    const environment = {
      HTTP_ADAPTER: adapter,
      PUBLIC_URL: 'http://localhost',
      DATABASE_URL: 'file:app.db',
      SEED_USERS: `admin:${PASSWORDS.admin}:admin,ada:${PASSWORDS.ada}:user`,
      LOGIN_ACCOUNT_LIMIT: '3',
    };
    app = await createApp(loadConfig(environment, folder), trail);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  async function as(name: keyof typeof PASSWORDS): Promise<Browser> {
    const browser = new Browser(url);
    expect((await browser.login(name, PASSWORDS[name])).status).toBe(200);
    return browser;
  }

  async function newUser(admin: Browser): Promise<{ readonly id: string; readonly name: string }> {
    const name = `user${Math.random().toString(36).slice(2)}`;
    const body = { json: { username: name, password: 'first password', roles: ['user'] } };
    const answer = await admin.send('POST', '/admin/users', body);
    expect(answer.status).toBe(201);
    return { id: textOf(answer, 'id'), name };
  }

  it('shows and changes the profile by cookie and by token', async () => {
    const browser = await as('ada');
    expect((await browser.send('PATCH', '/me', { json: { displayName: 'Ada Lovelace' } })).status).toBe(200);
    expect((await browser.send('POST', '/me/email', { json: { email: 'ada@example.org' } })).status).toBe(200);
    const client = new ApiClient(url);
    await client.login('ada', PASSWORDS.ada);
    expect((await client.send('GET', '/me')).body).toMatchObject({
      channel: 'api',
      username: 'ada',
      roles: ['user'],
      displayName: 'Ada Lovelace',
      email: 'ada@example.org',
    });
  });

  it('lets an administrator act for a user, but not for himself, another administrator, or somebody who is disabled', async () => {
    const admin = await as('admin');
    const user = await newUser(admin);
    const begun = await admin.send('POST', `/admin/users/${user.id}/impersonate`);
    expect(begun).toMatchObject({ status: 200, body: { token_type: 'Bearer', session: { channel: 'support' } } });
    const desk = new ApiClient(url);
    desk.accessToken = textOf(begun, 'access_token');
    expect((await desk.send('GET', '/me')).body).toMatchObject({ sub: user.id, channel: 'support', username: user.name });
    const forbidden = { status: 403, body: { code: 'impersonation_forbidden' } };
    expect(await desk.send('POST', '/me/email', { json: { email: 'eve@example.org' } })).toMatchObject(forbidden);
    expect(await desk.send('POST', '/auth/password', { json: {} })).toMatchObject(forbidden);

    const other = { json: { username: `other${user.name}`, password: 'first password', roles: ['admin'] } };
    const peer = textOf(await admin.send('POST', '/admin/users', other), 'id');
    const own = textOf(await admin.send('GET', '/me'), 'sub');
    await admin.send('POST', `/admin/users/${user.id}/disable`);
    expect((await desk.send('GET', '/me')).status).toBe(401);
    for (const id of [own, peer, user.id]) {
      expect(await admin.send('POST', `/admin/users/${id}/impersonate`)).toMatchObject(forbidden);
    }
    expect((await admin.send('POST', '/admin/users/nobody/impersonate')).status).toBe(404);
  });

  it('tells a person on the login page that this device was logged out for another, and shows nothing else from the address', async () => {
    const { name } = await newUser(await as('admin'));
    const first = new Browser(url);
    await first.login(name, 'first password');
    for (let at = 0; at < 5; at += 1) await new Browser(url).login(name, 'first password');
    const home = await first.send('GET', '/');
    expect([home.status, home.headers.get('location')]).toEqual([303, '/login?reason=evicted']);
    const told = /role="status"[^>]*>You were logged out because/;
    expect((await send(url, 'GET', '/login?reason=evicted')).text).toMatch(told);
    const plain = (await send(url, 'GET', '/login')).text;
    for (const reason of ['', 'other', '%3Cscript%3E', 'evicted&reason=evicted']) {
      expect((await send(url, 'GET', `/login?reason=${reason}`)).text).toBe(plain);
    }
    expect((await new Browser(url).send('GET', '/')).headers.get('location')).toBe('/login');
  });

  it('lets only administrators administer', async () => {
    expect((await send(url, 'GET', '/admin/users')).status).toBe(401);
    const refused = await (await as('ada')).send('GET', '/admin/users');
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const allowed = await (await as('admin')).send('GET', '/admin/users');
    expect(allowed.status).toBe(200);
    expect(allowed.text).not.toMatch(/hash/i);
  });

  it('changes the roles of a person at the next request, without a logout', async () => {
    const admin = await as('admin');
    const { id, name } = await newUser(admin);
    const browser = new Browser(url);
    const client = new ApiClient(url);
    await browser.login(name, 'first password');
    await client.login(name, 'first password');
    const path = `/admin/users/${id}/roles`;
    const promoted = await admin.send('PUT', path, { json: { roles: ['user', 'admin'] } });
    expect([promoted.status, promoted.body]).toEqual([
      200,
      { user: expect.objectContaining({ id, roles: ['user', 'admin'] }), sessions: 2 },
    ]);
    for (const one of [browser, client]) expect((await one.send('GET', '/admin/users')).status).toBe(200);
    expect((await admin.send('PUT', path, { json: { roles: [] } })).status).toBe(200);
    for (const one of [browser, client]) expect((await one.send('GET', '/admin/users')).status).toBe(403);
    expect((await browser.send('GET', '/me')).body).toMatchObject({ username: name, roles: [] });
    expect((await new Browser(url).login(name, 'first password')).body['user']).toEqual({ id, username: name, roles: [] });
    expect((await client.send('PUT', path, { json: { roles: ['admin'] } })).status).toBe(403);
  });

  it.each([[{}], [{ roles: 'admin' }], [{ roles: [7] }], [{ roles: ['Not A Role'] }], [[]]])(
    'takes no rights by a slip: roles of %j are refused, and nothing has changed',
    async (json) => {
      const admin = await as('admin');
      const { id } = await newUser(admin);
      expect((await admin.send('PUT', `/admin/users/${id}/roles`, { json })).status).toBe(400);
      const users: unknown = JSON.parse((await admin.send('GET', '/admin/users')).text);
      expect(users).toContainEqual(expect.objectContaining({ id, roles: ['user'] }));
    },
  );

  it('tells the sessions of changed roles that a process which crashed had only written down', async () => {
    const admin = await as('admin');
    const { id, name } = await newUser(admin);
    const browser = new Browser(url);
    await browser.login(name, 'first password');
    await app.get(Users).setRoles(id, ['clerk']); // and here it ends, before the sessions were told
    await until(
      'the session knows',
      async () => JSON.stringify((await browser.send('GET', '/me')).body['roles']) === '["clerk"]',
    );
    await until('it is written down', async () => (await app.get(Users).byId(id)).rolesUntold === 0);
    expect((await browser.send('GET', '/browser/me')).body).toMatchObject({ username: name, roles: ['clerk'] });
  });

  it('ends every session of an account that is stopped, and lets it in again when it is enabled', async () => {
    const admin = await as('admin');
    const { id, name } = await newUser(admin);
    const browser = new Browser(url);
    const client = new ApiClient(url);
    await browser.login(name, 'first password');
    await client.login(name, 'first password');
    expect((await admin.send('POST', `/admin/users/${id}/disable`)).body).toMatchObject({ ended: 2 });
    expect((await browser.send('GET', '/me')).status).toBe(401);
    expect((await client.send('GET', '/me')).status).toBe(401);
    expect((await client.refresh()).status).toBe(400);
    expect((await new Browser(url).login(name, 'first password')).status).toBe(401);
    expect((await admin.send('POST', `/admin/users/${id}/enable`)).status).toBe(200);
    expect((await new Browser(url).login(name, 'first password')).status).toBe(200);
  });

  it('resets a password: the old one and its sessions are dead, and whoever had tried too often may try again', async () => {
    const admin = await as('admin');
    const { id, name } = await newUser(admin);
    const browser = new Browser(url);
    await browser.login(name, 'first password');
    for (const _ of [1, 2, 3]) await new Browser(url).login(name, 'not the password');
    expect((await new Browser(url).login(name, 'first password')).status).toBe(429);
    const reset = await admin.send('POST', `/admin/users/${id}/password`, { json: { newPassword: 'second password' } });
    expect(reset.body).toMatchObject({ ended: 1 });
    expect((await browser.send('GET', '/me')).status).toBe(401);
    expect((await new Browser(url).login(name, 'first password')).status).toBe(401);
    expect((await new Browser(url).login(name, 'second password')).status).toBe(200);
  });

  it('lists and ends the sessions of a user', async () => {
    const admin = await as('admin');
    const { id, name } = await newUser(admin);
    const first = new Browser(url);
    await first.login(name, 'first password');
    await new ApiClient(url).login(name, 'first password');
    const list = await admin.send('GET', `/admin/users/${id}/sessions`);
    expect(JSON.parse(list.text)).toHaveLength(2);
    const own = await first.send('GET', '/auth/session');
    const session: unknown = own.body['session'];
    const sessionId = typeof session === 'object' && session !== null && 'id' in session ? String(session.id) : '';
    expect((await admin.send('DELETE', `/admin/sessions/${sessionId}`)).status).toBe(204);
    expect((await admin.send('DELETE', `/admin/sessions/${sessionId}`)).status).toBe(404);
    expect((await first.send('GET', '/me')).status).toBe(401);
    expect((await admin.send('DELETE', `/admin/users/${id}/sessions`)).body).toEqual({ ended: 1 });
  });

  it.each(['nonsense', '00000000-0000-0000-0000-000000000000', "x'--"])('knows no user %s', async (id) => {
    const admin = await as('admin');
    const path = `/admin/users/${encodeURIComponent(id)}`;
    expect((await admin.send('GET', `${path}/sessions`)).status).toBe(404);
    expect((await admin.send('POST', `${path}/disable`)).status).toBe(404);
    expect((await admin.send('PUT', `${path}/roles`, { json: { roles: [] } })).status).toBe(404);
    expect((await admin.send('POST', `${path}/password`, { json: { newPassword: 'long enough' } })).status).toBe(404);
  });

  it('gives a taken name to nobody else', async () => {
    const admin = await as('admin');
    const answer = await admin.send('POST', '/admin/users', { json: { username: 'ADA', password: 'long enough' } });
    expect(answer).toMatchObject({ status: 409, body: { code: 'username_taken' } });
  });

  it('logs in by the form of the login page, and shows the page again when that fails', async () => {
    const headers = { Accept: 'text/html', Origin: 'http://localhost' };
    const post = (form: Record<string, string>) => send(url, 'POST', '/auth/login', { headers, body: { form } });
    const good = await post({ username: 'ada', password: PASSWORDS.ada });
    expect([good.status, good.headers.get('location')]).toEqual([303, '/']);
    const wrong = await post({ username: '<ada>', password: 'not it at all' });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('content-type')).toMatch(/^text\/html/);
    expect(wrong.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(wrong.text).toContain('The user name or the password is wrong.');
    expect(wrong.text).toContain('value="&lt;ada&gt;"');
    expect((await post({ username: 'ada' })).status).toBe(400);
  });

  it('shows people their sessions, and sends those who are not logged in to the login page', async () => {
    const nobody = await send(url, 'GET', '/');
    expect([nobody.status, nobody.headers.get('location')]).toEqual([303, '/login']);
    const page = await (await as('ada')).send('GET', '/');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.text).toMatch(/Logged in as <strong>ada<\/strong>[^]*<h1>Your devices<\/h1>[^]*This device/);
    expect(page.text).not.toMatch(/<script>|style=|onclick=/);
  });

  it('has buttons to log out on the page behind the login, here and everywhere', async () => {
    const { text } = await (await as('ada')).send('GET', '/');
    expect(text).toMatch(/<form method="post" action="\/auth\/logout"[^]*?<button[^>]*>Log out<\/button>/);
    expect(text).toMatch(/<form method="post" action="\/auth\/logout-all"[^]*?<button[^>]*>Log out everywhere<\/button>/);
  });

  it('serves its pages one script, the same to everybody, with nobody’s data in it', async () => {
    const browser = await as('ada');
    const sources = [...(await browser.send('GET', '/')).text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
    expect(sources).toEqual(['<script src="/assets/site.js" defer>']);
    const [stranger, ada] = [await send(url, 'GET', '/assets/site.js'), await browser.send('GET', '/assets/site.js')];
    expect(stranger.status).toBe(200);
    expect(ada.text).toBe(stranger.text);
  });

  it('keeps an audit trail without any credential, password or name that was typed', async () => {
    await (await as('ada')).send('POST', '/auth/logout-all'); // so that no login here evicts a session of an earlier test
    trail.entries.length = 0;
    const client = new ApiClient(url);
    await client.login('ada', PASSWORDS.ada);
    const first = client.refreshToken;
    await client.refresh();
    const browser = await as('ada');
    const { cookie } = browser;
    await send(url, 'POST', '/auth/login', { body: { json: { username: 'ada', password: 'typed by mistake' } } });
    await send(url, 'POST', '/auth/login', { body: { json: { username: 'my other password', password: 'x' } } });
    await browser.send('POST', '/auth/logout');
    const types = trail.entries.map(({ type }) => type);
    expect(types).toEqual([
      'login.succeeded',
      'session.opened',
      'login.new_device',
      'refresh.rotated',
      'login.succeeded',
      'session.opened',
      'login.new_device',
      'login.failed',
      'login.failed',
      'session.ended',
    ]);
    for (const secret of [PASSWORDS.ada, 'typed by', 'my other', first, client.accessToken, client.refreshToken, cookie]) {
      expect(trail.text).not.toContain(secret);
    }
  });

  it('shows its metrics in development, and in production only where they have a token', async () => {
    expect((await send(url, 'GET', '/metrics')).text).toMatch(/^nhs_sessions_active\{channel="browser"\} \d+$/m);
    const config = loadConfig({ PUBLIC_URL: 'http://localhost', SESSION_STORE: 'memory' }, folder);
    const off = Object.assign(config, { observability: { metrics: 'off', accessLog: false } });
    const closed = await createApp(off, trail);
    await closed.listen(0, '127.0.0.1');
    try {
      expect((await send(await closed.getUrl(), 'GET', '/metrics')).status).toBe(404);
    } finally {
      await closed.close();
    }
  });

  it('is alive and ready', async () => {
    expect((await send(url, 'GET', '/health/live')).status).toBe(200);
    expect((await send(url, 'GET', '/health/ready')).status).toBe(200);
  });

  it.each([
    ['an unknown route', 404, 'GET', '/nowhere', {}, undefined],
    ['another spelling of a route', 404, 'GET', '/ME', {}, undefined],
    ['a slash at the end of a route', 404, 'GET', '/me/', {}, undefined],
    ['a malformed address', 400, 'GET', '/%zz', {}, undefined],
    ['malformed JSON', 400, 'POST', '/auth/login', { 'content-type': 'application/json' }, '{"username":'],
    [
      'bytes that are not UTF-8',
      400,
      'POST',
      '/auth/login',
      { 'content-type': 'application/json' },
      Buffer.from([0x22, 0xff, 0x22]),
    ],
    ['another media type', 415, 'POST', '/auth/login', { 'content-type': 'text/xml' }, '<a/>'],
    ['a malformed media type', 415, 'POST', '/auth/login', { 'content-type': ';;' }, '{}'],
    ['a compressed body', 415, 'POST', '/auth/login', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, '{}'],
    ['a body that is too large', 413, 'POST', '/auth/login', { 'content-type': 'application/json' }, 'x'.repeat(70_000)],
  ] as const)('answers %s with a problem of status %i', async (_, status, method, path, headers, body) => {
    const answer = await request(url + path, { method, headers, body: body ?? null });
    const problem: unknown = await answer.body.json();
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(problem).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      code: expect.any(String),
      detail: expect.any(String),
    });
    expect(answer.statusCode).toBe(status);
  });

  it('answers in the words of OAuth on the OAuth endpoints', async () => {
    const headers = { 'content-type': 'text/xml' };
    const answer = await request(`${url}/oauth/token`, { method: 'POST', headers, body: '<a/>' });
    expect(answer.statusCode).toBe(415);
    expect(await answer.body.json()).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
  });
});
