import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RequestMethod, type INestApplication } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { loadConfig } from '../src/config/load-config.js';
import { createApp } from '../src/create-app.js';
import { openApiDocument, type OpenApiDocument } from '../src/openapi/document.js';
import { ApiClient, Browser, send, textOf, type Answer } from './support/clients.js';
import { DescribedAnswers } from './support/described-answers.js';
import { ADAPTERS } from './support/host-app.js';
import { KeptLog } from './support/kept-log.js';

const ADMIN = 'admin-password';

/** `GET /admin/users/{id}` for every route that Nest has, written as OpenAPI writes it. */
function servedBy(app: INestApplication): readonly string[] {
  const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : [String(value)]);
  const routes = [...app.get(ModulesContainer).values()]
    .flatMap(({ controllers }) => [...controllers.values()])
    .flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const prototype: object = metatype.prototype as object;
      return Object.getOwnPropertyNames(prototype).flatMap((name) => {
        const handler: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
        if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
        const method = RequestMethod[Number(Reflect.getMetadata(METHOD_METADATA, handler))];
        return texts(Reflect.getMetadata(PATH_METADATA, metatype)).flatMap((prefix) =>
          texts(Reflect.getMetadata(PATH_METADATA, handler)).map((path) => {
            const whole = `/${prefix}/${path}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1');
            return `${method} ${whole.replaceAll(/:(\w+)/g, '{$1}')}`;
          }),
        );
      });
    });
  return [...new Set(routes)].toSorted();
}

describe('the OpenAPI document', () => {
  it('is one by the schema of OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate({ ...openApiDocument('https://app.example') });
    expect([valid, errors]).toEqual([true, undefined]);
  });
});

describe.each(ADAPTERS)('the description of the routes, on %s', (adapter) => {
  let folder: string;
  let app: INestApplication<Server>;
  let url: string;

  async function start(environment: Record<string, string> = {}): Promise<void> {
    const settings = {
      HTTP_ADAPTER: adapter,
      PUBLIC_URL: 'http://localhost',
      DATABASE_URL: 'file:app.db',
      SEED_USERS: `admin:${ADMIN}:admin,ada:ada-password:user`,
      LOGIN_ACCOUNT_LIMIT: '3',
      OAUTH_CLIENTS: 'backend:a-long-random-secret:read',
      ...environment,
    };
    app = await createApp(loadConfig(settings, folder), new KeptLog());
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nhs-openapi-'));
  });
  afterEach(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  const document = async () => JSON.parse((await send(url, 'GET', '/docs/openapi.json')).text) as OpenApiDocument;

  it('has each route that is served, and no other', async () => {
    await start();
    const { paths } = await document();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual(servedBy(app));
  });

  it('is true of what is answered, and of what is refused', async () => {
    await start();
    const described = new DescribedAnswers(await document());
    const faults: string[] = [];
    const told = (method: string, path: string, answer: Answer) => {
      faults.push(...described.faults(method, path, answer));
      return answer;
    };
    const nobody = async (method: string, path: string, given: Parameters<typeof send>[3] = {}) =>
      told(method, path, await send(url, method, path, given));
    const browser = new Browser(url);
    const asAdmin = async (method: string, path: string, json?: object) =>
      told(method, path, await browser.send(method, path, json && { json }));
    const client = new ApiClient(url);
    const asAda = async (method: string, path: string) => told(method, path, await client.send(method, path));
    const backend = { Authorization: `Basic ${btoa('backend:a-long-random-secret')}` };

    told('POST', '/auth/login', await browser.login('admin', ADMIN));
    told('POST', '/auth/token', await client.login('ada', 'ada-password', { device: 'Phone' }));
    const made = await asAdmin('POST', '/admin/users', { username: 'grace', password: 'battery staple', roles: ['user'] });
    const user = `/admin/users/${textOf(made, 'id')}`;
    const sid = textOf(await asAda('GET', '/me'), 'sid');
    for (const path of ['/auth/session', '/auth/sessions', '/me', '/browser/me', '/api/me', '/', '/password'])
      await asAdmin('GET', path);
    for (const path of ['/auth/sessions', '/api/me', '/browser/me', '/admin/users', '/admin/audit']) await asAda('GET', path);
    for (const path of ['/admin/users', '/admin/audit?limit=20', '/admin/audit?limit=x', `${user}/sessions`])
      await asAdmin('GET', path);
    for (const id of [sid, 'nothing']) await asAdmin('GET', `/admin/sessions/${id}/explain`);
    const views = ['', '/people', `/people/${textOf(made, 'id')}`, '/trail', '/sessions', `/sessions/${sid}`];
    for (const view of views) await asAdmin('GET', `/console${view}`);
    await asAdmin('GET', '/admin/live/permission');
    await asAda('GET', '/admin/live/permission');
    await asAdmin('PATCH', '/me', { displayName: 'Admin' });
    await asAdmin('PATCH', '/me', {});
    await asAdmin('POST', '/me/email', { email: 'admin@example.org' });
    await asAdmin('PUT', `${user}/roles`, { roles: ['clerk'] });
    await asAdmin('POST', `${user}/impersonate`);
    for (const act of ['disable', 'enable']) await asAdmin('POST', `${user}/${act}`);
    await asAdmin('POST', `${user}/password`, { newPassword: 'another battery staple' });
    await asAdmin('POST', '/admin/users/nobody/disable');
    await asAdmin('POST', '/auth/session/token');
    await asAdmin('POST', '/auth/reauthenticate', { password: ADMIN });
    await asAdmin('POST', '/auth/password', { currentPassword: ADMIN, newPassword: 'a new admin password' });
    for (const path of ['/auth/sessions', '/auth/sessions/nothing', `${user}/sessions`, `/admin/sessions/${sid}`])
      await asAdmin('DELETE', path);
    told('POST', '/oauth/token', await client.refresh());
    await client.login('ada', 'ada-password');
    told('POST', '/oauth/token', await client.refresh());
    const form = { token: client.accessToken };
    for (const path of ['/oauth/introspect', '/oauth/revoke', '/oauth/introspect', '/oauth/global-token-revocation'])
      await nobody('POST', path, { headers: backend, body: { form } });
    await nobody('POST', '/oauth/introspect', { body: { form } });
    await client.login('ada', 'ada-password');
    await asAda('DELETE', `/auth/sessions/${textOf(await asAda('GET', '/me'), 'sid')}`);
    await client.login('ada', 'ada-password');
    await asAda('POST', '/auth/logout-all');
    await nobody('GET', '/oauth/signals/streams', { headers: backend });
    await nobody('POST', '/oauth/signals/verification', { headers: backend, body: { json: { stream_id: 'none' } } });
    await nobody('POST', '/oauth/signals/poll/none', { headers: backend, body: { json: {} } });
    const open = ['jwks.json', 'oauth-authorization-server', 'openid-configuration', 'ssf-configuration'];
    for (const name of open) await nobody('GET', `/.well-known/${name}`);
    const assets = ['site.css', 'site.js', 'icon.svg', 'console.css', 'console.js'].map((name) => `/assets/${name}`);
    for (const path of ['/login', ...assets, '/docs', '/docs/openapi.json']) await nobody('GET', path);
    for (const path of ['/health/live', '/health/ready', '/metrics', '/me', '/auth/session', '/admin/users'])
      await nobody('GET', path);
    await nobody('POST', '/auth/login', { body: { json: { username: 'ada' } } });
    const wrong = { json: { username: 'ada', password: 'wrong' } };
    for (let round = 0; round < 5; round++) await nobody('POST', '/auth/token', { body: wrong });
    await nobody('POST', '/auth/login', { body: wrong, headers: { Origin: 'https://evil.example' } });
    await nobody('POST', '/auth/login', { body: { json: { username: 'x'.repeat(200_000) } } });
    await asAdmin('POST', '/admin/logout-everyone');
    await asAdmin('POST', '/auth/logout');

    expect(faults).toEqual([]);
    const succeeded = new Set([...described.seen].filter((name) => / [23]\d\d$/.test(name)).map((name) => name.slice(0, -4)));
    expect(servedBy(app).filter((route) => !succeeded.has(route))).toEqual(UNANSWERED);
    for (const refusal of ['POST /auth/token 401', 'POST /auth/token 429', 'POST /auth/login 403', 'GET /admin/users 403'])
      expect([...described.seen]).toContain(refusal);
  });

  it('is a page without script or style of its own, under the policy of every page', async () => {
    await start();
    const [page, login] = [await send(url, 'GET', '/docs'), await send(url, 'GET', '/login')];
    expect(page.text).toContain('<code>POST /auth/login</code>');
    expect(page.text).not.toMatch(/<style|style=|<script(?! src="\/assets\/site.js" defer><\/script>)/);
    expect(page.headers.get('content-security-policy')).toBe(login.headers.get('content-security-policy'));
  });

  it('is nobody’s to read in production, unless it was switched on', async () => {
    const production = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://app.example',
      SESSION_STORE: 'sql',
      SESSION_KEYS: Buffer.alloc(32, 7).toString('base64url'),
      SIGNING_KEYS: 'database',
      HOST: '127.0.0.1',
    };
    await start(production);
    const statuses = async () =>
      Promise.all(['/docs', '/docs/openapi.json'].map(async (path) => (await send(url, 'GET', path)).status));
    expect(await statuses()).toEqual([404, 404]);
    await app.close();
    await start({ ...production, DOCS: 'on' });
    expect(await statuses()).toEqual([200, 200]);
  });
});

/** What needs a stream of signals, a client that may revoke users, or never ends, and is shown elsewhere. */
const UNANSWERED = [
  'GET /admin/live',
  'POST /oauth/global-token-revocation',
  'POST /oauth/signals/poll/{stream}',
  'POST /oauth/signals/verification',
  'GET /.well-known/ssf-configuration',
].toSorted();
