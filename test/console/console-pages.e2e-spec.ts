import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { hours, minutes } from 'nestjs-hybrid-session';
import { actingAs, FakeClock } from 'nestjs-hybrid-session/testing';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { loadConfig } from '../../src/config/load-config.js';
import { ConsoleController } from '../../src/console/console.controller.js';
import { createApp } from '../../src/create-app.js';
import { ApiClient, Browser, send, textOf, type Answer } from '../support/clients.js';
import { HandedOut } from '../support/handed-out.js';
import { ADAPTERS } from '../support/host-app.js';
import { KeptLog } from '../support/kept-log.js';
import { openSchema, type OwnSchema } from '../support/own-schema.js';

const HTML = 'text/html; charset=utf-8';
/** Sorted as the pages sort them, with signs that a database might take for a pattern. */
const NAMES = ['a%b', 'a_b', 'ab', ...Array.from({ length: 21 }, (_, i) => `b${String(i).padStart(2, '0')}`)];
const ACCEPT = { Accept: HTML };

describe.each(ADAPTERS)('The console, on %s', (adapter) => {
  const isOnServer = adapter === 'fastify' && process.env['DATABASE_URL'] !== undefined;
  let folder: string;
  let schema: OwnSchema | undefined;
  let app: INestApplication<Server>;
  let url: string;
  let trail: TypeOrmAuditTrail;
  let handedOut: HandedOut;
  const clock = new FakeClock();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nhs-console-'));
    schema = isOnServer ? await openSchema() : undefined;
    handedOut = new HandedOut();
    const environment = {
      HTTP_ADAPTER: adapter,
      PUBLIC_URL: 'http://localhost',
      DATABASE_URL: schema?.url ?? 'file:app.db',
      SEED_USERS: [
        'root:root-password:admin',
        'ada:ada-password:user',
        ...NAMES.map((name) => `${name}:some-password:user`),
      ].join(),
      LOGIN_LIMITER: 'off',
      MAX_SESSIONS: 'unlimited',
      REFRESH_WINDOW_SECONDS: '0',
    };
    const { sessions, ...config } = loadConfig(environment, folder);
    app = await createApp({ ...config, sessions: { ...sessions, clock } }, new KeptLog());
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    trail = app.get(TypeOrmAuditTrail);
  }, 60_000);
  afterAll(async () => {
    handedOut.close();
    await app.close();
    await schema?.close();
    await rm(folder, { recursive: true });
  });

  const as = async (name: string, password = `${name}-password`) => {
    const browser = new Browser(url);
    expect((await browser.login(name, password)).status).toBe(200);
    const me = await browser.send('GET', '/me');
    return Object.assign(browser, { userId: textOf(me, 'sub'), sid: textOf(me, 'sid') });
  };
  const look = (browser: Browser, path: string) => browser.send('GET', path, undefined, ACCEPT);
  const entriesOn = ({ text }: Answer) => [...text.matchAll(/<strong data-of="type">([^<]+)</g)].map(([, type]) => type);
  const namesOn = ({ text }: Answer) => [...text.matchAll(/people\/[0-9a-f-]{36}"><bdi>([^<]+)</g)].map(([, name]) => name);
  /** What an act has left in the audit trail. */
  const leftBy = async (act: () => Promise<unknown>) => {
    const { seq } = await trail.head();
    await act();
    return (await trail.find({ after: seq })).map(({ type, outcome, actorId, userId, sessionId }) => ({
      type,
      outcome,
      ...(actorId ? { actorId } : {}),
      ...(userId ? { userId } : {}),
      ...(sessionId ? { sessionId } : {}),
    }));
  };

  it('is shown to administrators with the cookie, and to nobody else: others get a page that says so, or the login page', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    const token = new ApiClient(url);
    await token.login('root', 'root-password');
    const paths = pathsOfConsole().map((path) => path.replace(':id', path.includes('people') ? ada.userId : ada.sid));
    expect(paths).toHaveLength(6);
    for (const path of paths) {
      const stranger = await send(url, 'GET', path, { headers: ACCEPT });
      expect([path, stranger.status, stranger.headers.get('location'), stranger.text]).toEqual([path, 303, '/login', '']);
      const byToken = await token.send('GET', path);
      expect([path, byToken.status, byToken.text]).toEqual([path, 303, '']);
      const other = await look(ada, path);
      expect([path, other.status, other.headers.get('content-type')]).toEqual([path, 403, HTML]);
      expect(other.text).toContain('<h1>Not for this account</h1>');
      expect(other.text).not.toMatch(/console|root/);
      const own = await look(root, path);
      expect([path, own.status, own.headers.get('content-type'), own.headers.get('cache-control')]).toEqual([
        path,
        200,
        HTML,
        'no-store',
      ]);
      expect(own.text).toContain('aria-current="page">Console</a>');
    }
    expect((await look(ada, '/')).text).not.toContain('/console');
    for (const path of ['/admin/live', '/admin/live/permission']) {
      expect((await send(url, 'GET', path)).body['code']).toBe('not_authenticated');
      expect((await ada.send('GET', path)).body['code']).toBe('forbidden');
    }
    expect((await root.send('GET', '/admin/live/permission')).status).toBe(204);
  });

  it('leaves in the audit trail who has looked at whom', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    const by = { outcome: 'success', actorId: root.userId };
    expect(await leftBy(() => look(root, '/console'))).toEqual([{ type: 'admin.audit_read', ...by }]);
    expect(await leftBy(() => look(root, '/console/people?name=a'))).toEqual([{ type: 'admin.users_read', ...by }]);
    expect(await leftBy(() => look(root, `/console/people/${ada.userId}`))).toEqual([
      { type: 'admin.sessions_read', ...by, userId: ada.userId },
    ]);
    expect(await leftBy(() => look(root, '/console/trail'))).toEqual([{ type: 'admin.audit_read', ...by }]);
    expect(await leftBy(() => look(root, `/console/sessions/${ada.sid}`))).toEqual([
      { type: 'admin.session_explained', ...by, sessionId: ada.sid },
    ]);
    expect(await leftBy(() => look(ada, '/console'))).toEqual([
      { type: 'access.refused', outcome: 'failure', userId: ada.userId, sessionId: ada.sid },
    ]);
  });

  it('finds people by the beginning of their names, whatever signs are in them, page by page', async () => {
    const root = await as('root');
    const found = async (query: string) => namesOn(await look(root, `/console/people?${query}`));
    expect(await found('name=a')).toEqual(expect.arrayContaining(['a%b', 'a_b', 'ab', 'ada']));
    expect(await found('name=a%25')).toEqual(['a%b']);
    expect(await found('name=a_')).toEqual(['a_b']);
    expect(await found('name=A%25B')).toEqual(['a%b']);
    expect(await found('name=%C2%A0')).toEqual(expect.arrayContaining(['ab'])); // a blank is nothing
    expect(await found("name=a'")).toEqual([]);
    const first = await look(root, '/console/people?name=b');
    expect(namesOn(first)).toEqual(NAMES.filter((name) => name.startsWith('b')).slice(0, 20));
    const [, next = ''] = /href="([^"]+)">Next</.exec(first.text) ?? [];
    expect(namesOn(await look(root, next.replaceAll('&amp;', '&')))).toEqual(['b20']);
    const nobody = await look(root, '/console/people/00000000-0000-4000-8000-000000000000');
    expect([nobody.status, nobody.headers.get('content-type')]).toEqual([404, HTML]);
  });

  it('ends sessions by the routes of the administration: with a recent proof of the password and the token of the page, or not at all', async () => {
    const [root, ada, phone] = [await as('root'), await as('ada'), await as('ada')];
    const page = await look(root, `/console/people/${ada.userId}`);
    for (const one of [ada, phone]) expect(page.text).toContain(`action="/admin/sessions/${one.sid}"`);
    expect(page.text).toContain(`action="/admin/users/${ada.userId}/sessions"`);
    const [, token = ''] = /name="_csrf" value="([^"]+)"/.exec(page.text) ?? [];
    const headers = { Cookie: `__Host-sid=${root.cookie}` };
    const forged = await send(url, 'DELETE', `/admin/sessions/${ada.sid}`, { headers });
    expect([forged.status, forged.body['code']]).toEqual([403, 'csrf_refused']);
    clock.advance(minutes(11));
    const late = await send(url, 'DELETE', `/admin/sessions/${ada.sid}`, { headers: { ...headers, 'X-CSRF-Token': token } });
    expect(late.body['code']).toBe('insufficient_user_authentication');
    expect((await ada.send('GET', '/me')).status).toBe(200);
    await root.send('POST', '/auth/reauthenticate', { json: { password: 'root-password' } });
    expect((await root.send('DELETE', `/admin/sessions/${ada.sid}`)).status).toBe(204);
    expect((await ada.send('GET', '/me')).status).toBe(401);
    expect((await phone.send('GET', '/me')).status).toBe(200);
  });

  it('shows of the trail what is asked for, page by page without a gap, and says what it does not understand', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    clock.advance(minutes(1));
    const from = new Date(clock.now()).toISOString().slice(0, 16);
    for (let i = 0; i < 60; i += 1) await new Browser(url).login('ada', 'wrong-password');
    clock.advance(minutes(2));
    const to = new Date(clock.now()).toISOString().slice(0, 16);
    await new Browser(url).login('ada', 'wrong-password');
    const failures = `type=login.failed&from=${from}&to=${to}`;
    const first = await look(root, `/console/trail?${failures}`);
    expect(entriesOn(first)).toEqual(Array.from({ length: 50 }, () => 'login.failed'));
    const [, older = ''] = /href="([^"]+)">Older</.exec(first.text) ?? [];
    const second = await look(root, older.replaceAll('&amp;', '&'));
    expect(entriesOn(second)).toHaveLength(10);
    expect(second.text).not.toContain('>Older<');
    expect(new Set(entriesOn(await look(root, `/console/trail?session=${ada.sid}`)))).toEqual(
      new Set(['login.new_device', 'session.opened']),
    );
    const ofAda = await look(root, '/console/trail?user=ADA&type=session.opened');
    expect(ofAda.text).toContain(`<a href="/console/people/${ada.userId}">ada</a>`);
    expect((await look(root, `/console/trail?user=${ada.userId}&type=session.opened`)).status).toBe(200);

    for (const [query, message] of [
      ['type=nothing', 'There is no type of that name.'],
      ['user=nobody', 'There is no user of that name.'],
      ['from=yesterday', 'This is no time: write 2026-11-26T06:10.'],
      ['to=2026-13-40T99:99', 'This is no time: write 2026-11-26T06:10.'],
      ['to=2026-02-31T00:00', 'This is no time: write 2026-11-26T06:10.'],
      ['session=nonsense', 'That is no session id.'],
      ['type=login.failed&type=nothing', 'There is no type of that name.'],
      ['user=ada&user=root', 'There is no user of that name.'],
    ] as const) {
      const { seq } = await trail.head();
      const answer = await look(root, `/console/trail?${query}`);
      const left = await trail.find({ after: seq });
      expect(left).toMatchObject([{ type: 'admin.audit_read', outcome: 'failure', reason: 'invalid_input' }]);
      const [name] = query.split('=');
      expect([query, answer.status, entriesOn(answer)]).toEqual([query, 400, []]);
      expect(answer.text).toContain(`<p class="error" id="${name}-error">${message}</p>`);
    }
  });

  it('shows a credential that was pasted in place of a session id to nobody again', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    const answer = await look(root, `/console/trail?session=${ada.cookie}`);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(ada.cookie.slice(-20));
  });

  it('keeps apart what people have chosen to be called: nobody looks like an administrator, or turns the words beside it round', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    const names = ['ada \u00b7 admin', '\u202eada'];
    for (const displayName of names) {
      expect((await ada.send('PATCH', '/me', { json: { displayName } })).status).toBe(200);
      for (const path of ['/console/people?name=ada', `/console/people/${ada.userId}`]) {
        const { text } = await look(root, path);
        expect([path, text.includes(`<bdi>${displayName}</bdi>`)]).toEqual([path, true]);
        expect([path, text.split(displayName)]).toEqual([path, [expect.any(String), expect.any(String)]]); // nowhere else
        expect([path, text]).not.toEqual([path, expect.stringContaining('<span class="badge">admin</span>')]);
      }
    }
    expect((await look(root, '/console/people?name=root')).text).toContain('<span class="badge">admin</span>');
    const phone = new ApiClient(url);
    const fields = { username: 'ada', password: 'ada-password', client_id: 'x) from (y', grant_type: 'password' };
    expect((await phone.send('POST', '/auth/token', { json: fields })).status).toBe(200);
    expect((await look(root, `/console/people/${ada.userId}`)).text).toContain('App <code><bdi>x) from (y</bdi></code>');
  });

  it('takes whatever an address may say, and never breaks', async () => {
    const root = await as('root');
    for (const odd of ['%00', '%C3%28', '%F0%9F%98%80', '%27%3B--', 'x'.repeat(2_000), '1&%s=2', '']) {
      for (const [path, names] of [
        ['/console', ['span']],
        ['/console/people', ['name', 'after']],
        ['/console/trail', ['type', 'user', 'session', 'from', 'to', 'before']],
        ['/console/sessions', ['id']],
      ] as const) {
        for (const name of names) {
          const { status } = await look(root, `${path}?${name}=${odd.replace('%s', name)}`);
          expect([path, name, odd, status < 500]).toEqual([path, name, odd, true]);
        }
      }
    }
  });

  it('explains a session, and never shows again what was typed in its place', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    const asked = await look(root, `/console/sessions?id=%20${ada.sid}%20`);
    expect([asked.status, asked.headers.get('location')]).toEqual([303, `/console/sessions/${ada.sid}`]);
    expect((await look(root, `/console/sessions/${ada.sid}`)).text).toContain('<h2 id="verdict">It lives</h2>');
    await root.send('DELETE', `/admin/sessions/${ada.sid}`);
    const ended = await look(root, `/console/sessions/${ada.sid}`);
    expect(ended.text).toContain('<h2 id="verdict">It was ended: administrator</h2>');
    expect(entriesOn(ended).slice(0, 2)).toEqual(['admin.session_ended', 'session.ended']);
    const wrong = await look(root, `/console/sessions?id=${ada.cookie}`);
    expect([wrong.status, wrong.text.includes('That is no session id.'), wrong.text.includes(ada.cookie)]).toEqual([
      400,
      true,
      false,
    ]);
    const junk = await look(root, '/console/sessions/junk');
    expect([junk.status, junk.headers.get('content-type')]).toEqual([400, HTML]);
    const unknown = await look(root, '/console/sessions/0000.AAAAAAAAAAAAAAAAAAAAAA');
    expect(unknown.text).toContain('Nothing is known of it');
  });

  it('explains how a session ended whatever anybody leaves under its id: forged cookies, and looks', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    const endedAt = new Date(clock.now()).toISOString();
    await root.send('DELETE', `/admin/sessions/${ada.sid}`);
    const headers = { Cookie: `__Host-sid=nhs_c_${ada.sid}.0.${'A'.repeat(43)}` };
    const { seq } = await trail.head();
    for (let i = 0; i < 51; i += 1) await send(url, 'GET', '/me', { headers });
    expect(await trail.find({ after: seq, sessionId: ada.sid, type: 'session.refused' })).toHaveLength(51);
    for (let i = 0; i < 51; i += 1) await look(root, `/console/sessions/${ada.sid}`);
    clock.advance(minutes(1));
    for (const pause of [0, hours(24)]) {
      clock.advance(pause); // in the end the store has forgotten the session
      const operator = await as('root');
      const page = await look(operator, `/console/sessions/${ada.sid}`);
      expect(page.text).toContain('<h2 id="verdict">It was ended: administrator</h2>');
      expect(page.text).toContain(`<p>It ended at <time datetime="${endedAt}">`);
      const life = entriesOn(page).toReversed();
      expect(new Set(life.slice(0, 4))).toEqual(
        new Set(['session.opened', 'login.new_device', 'session.ended', 'admin.session_ended']),
      );
      const noise = ['session.refused', 'admin.session_explained'].flatMap((type) => Array.from({ length: 10 }, () => type));
      expect(life.slice(4)).toEqual(noise);
      const { body } = await operator.send('GET', `/admin/sessions/${ada.sid}/explain`);
      expect(body).toMatchObject({ state: 'ended', reason: 'administrator', endedAt });
      expect(body['entries']).toEqual(
        expect.arrayContaining(['session.opened', 'session.ended'].map((type) => expect.objectContaining({ type }))),
      );
    }
  });

  it('shows a fact as it is, and only a time as one', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    const options = { channel: 'api', clientId: 'iTunesTest.1Z' } as const;
    const { session } = await actingAs(app, { userId: ada.userId }, options);
    const { text } = await look(root, `/console/sessions/${session.id}`);
    expect(text).toContain('<dt>Client</dt><dd>iTunesTest.1Z</dd>');
    expect(text).toMatch(/<dt>Logged in<\/dt><dd>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC<\/dd>/);
  });

  it('holds no credential of anybody but the CSRF tokens of its own forms, and nothing that is sealed', async () => {
    const [root, ada] = [await as('root'), await as('ada')];
    const phone = new ApiClient(url);
    await phone.login('ada', 'ada-password');
    await phone.refresh();
    const paths = ['/console', `/console/people/${ada.userId}`, '/console/trail', `/console/sessions/${ada.sid}`];
    const pages = await Promise.all(paths.map(async (path) => (await look(root, path)).text));
    const text = pages.join('\n').replaceAll(root.csrfToken, '');
    expect(handedOut.secrets.size).toBeGreaterThan(10);
    expect(handedOut.foundIn(text).filter((secret) => !secret.endsWith('-password'))).toEqual([]);
    expect(text).not.toMatch(/salt|sealed|passwordHash|argon2/i);
  });
});

function pathsOfConsole(): readonly string[] {
  return Object.getOwnPropertyNames(ConsoleController.prototype).flatMap((name) => {
    const handler: unknown = Reflect.get(ConsoleController.prototype, name);
    if (typeof handler !== 'function' || Reflect.getMetadata(METHOD_METADATA, handler) === undefined) return [];
    return [`/console/${String(Reflect.getMetadata(PATH_METADATA, handler))}`.replace(/\/+$/, '')];
  });
}
