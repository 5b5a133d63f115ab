import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { SessionService, type AuditEntry } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { AdminAuditController } from '../src/admin/audit.controller.js';
import { AdminSessionsController } from '../src/admin/sessions.controller.js';
import { AdminUsersController } from '../src/admin/users.controller.js';
import { AUDIT_TYPES } from '../src/audit/app-acts.js';
import { Audited } from '../src/audit/audited.interceptor.js';
import { loadConfig } from '../src/config/load-config.js';
import { createApp } from '../src/create-app.js';
import { Browser, send, textOf, type Answer } from './support/clients.js';
import { HandedOut } from './support/handed-out.js';
import { ADAPTERS } from './support/host-app.js';
import { KeptLog } from './support/kept-log.js';
import { openSchema, type OwnSchema } from './support/own-schema.js';

const PASSWORDS = { admin: 'admin-password', ada: 'ada-password' };
const HERE = '127.0.0.1';
const THREE_LOGINS = Array.from({ length: 3 }, () => ['login.succeeded', 'session.opened', 'login.new_device']).flat();
/** What somebody may try to write into a log: lines, entries, a terminal's commands, text that runs backwards, and too much. */
const EVIL = '\u0085\u2028{"type":"forged"}\u009b31m\u202egnp.\u200b","level":"info';

describe.each(ADAPTERS)('the audit trail of the reference application, on %s', (adapter) => {
  const isOnServer = adapter === 'fastify' && process.env['DATABASE_URL'] !== undefined;
  let folder: string;
  let schema: OwnSchema | undefined;
  let app: INestApplication<Server>;
  let url: string;
  let trail: TypeOrmAuditTrail;
  let admin: Browser & { readonly userId: string; readonly sid: string };
  let handedOut: HandedOut;
  const log = new KeptLog();
  let seen = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nhs-audit-'));
    schema = isOnServer ? await openSchema() : undefined;
    handedOut = new HandedOut();
    const environment = {
      HTTP_ADAPTER: adapter,
      PUBLIC_URL: 'http://localhost',
      DATABASE_URL: schema?.url ?? 'file:app.db',
      SEED_USERS: `admin:${PASSWORDS.admin}:admin,ada:${PASSWORDS.ada}:user`,
      TRUST_PROXY: '1',
      LOGIN_LIMITER: 'off',
      MAX_SESSIONS: 'unlimited',
    };
    app = await createApp(loadConfig(environment, folder), log);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    trail = app.get(TypeOrmAuditTrail);
    admin = await logIn('admin');
  });
  afterAll(async () => {
    handedOut.close();
    await app.close();
    await schema?.close();
    await rm(folder, { recursive: true });
  });

  async function logIn(name: keyof typeof PASSWORDS) {
    const browser = new Browser(url);
    const { body } = await browser.login(name, PASSWORDS[name]);
    return Object.assign(browser, { userId: memberOf(body['user'], 'id'), sid: memberOf(body['session'], 'id') });
  }

  /** What an act has left, without what is another in each run. */
  async function leftBy(act: () => Promise<unknown>): Promise<readonly Partial<AuditEntry>[]> {
    await trail.settled();
    seen = (await trail.head()).seq;
    await act();
    return (await trail.find({ after: seen })).map(({ seq: _, id: _id, at: _at, ...told }) => told);
  }

  const audit = (query: string) => admin.send('GET', `/admin/audit${query}`);
  const entriesOf = ({ text }: Answer) => JSON.parse(text) as readonly (AuditEntry & { readonly seq: number })[];
  const byAdmin = () => ({ actorId: admin.userId, actorSessionId: admin.sid, address: HERE });
  const acted = (type: string, owasp: string, about: object = {}) => ({
    type,
    outcome: 'success',
    level: 'info',
    owasp,
    ...byAdmin(),
    ...about,
  });

  it('begins with the start of the application', async () => {
    expect((await trail.find({ after: 0, limit: 1 }))[0]).toMatchObject({ seq: 1, type: 'app.started', owasp: 'sys_startup' });
  });

  it('is written to by every route of an administrator', () => {
    for (const { prototype } of [AdminAuditController, AdminSessionsController, AdminUsersController]) {
      const handlers = Object.getOwnPropertyNames(prototype)
        .map((name): unknown => Reflect.get(prototype, name))
        .filter((handler) => typeof handler === 'function' && Reflect.hasMetadata(METHOD_METADATA, handler));
      expect(handlers.length).toBeGreaterThan(1);
      for (const handler of handlers) {
        const audited: unknown = typeof handler === 'function' && Reflect.getMetadata(Audited.KEY, handler);
        expect([handler, audited]).toEqual([handler, expect.objectContaining({ act: expect.any(String) })]);
      }
    }
  });

  it('says of every act of an administrator who did it to whom, beside what became of the sessions', async () => {
    let user = '';
    const create = { json: { username: 'joe', password: 'joes password', roles: ['user'] } };
    expect(await leftBy(async () => (user = textOf(await admin.send('POST', '/admin/users', create), 'id')))).toEqual([
      acted('user.created', 'user_created', { userId: user }),
    ]);
    expect(await leftBy(() => admin.send('POST', '/admin/users', create))).toEqual([
      { ...acted('user.created', 'user_created', { reason: 'username_taken' }), outcome: 'failure' },
    ]);
    const joe = new Browser(url);
    const sid = memberOf((await joe.login('joe', 'joes password')).body['session'], 'id');
    const about = { userId: user };
    const ended = (reason: string, sessionId: string) => ({
      ...acted('session.ended', 'session_expired', { ...about, sessionId, reason }),
    });
    expect(await leftBy(() => admin.send('PUT', `/admin/users/${user}/roles`, { json: { roles: ['clerk', 'user'] } }))).toEqual([
      { ...acted('rights.changed', 'authz_change', { ...about, reason: 'roles: clerk user', count: 1 }), level: 'warn' },
      acted('user.roles_changed', 'user_updated', about),
    ]);
    expect(await leftBy(() => admin.send('GET', `/admin/users/${user}/sessions`))).toEqual([
      acted('admin.sessions_read', 'sensitive_read', about),
    ]);
    expect(await leftBy(() => admin.send('GET', '/admin/users'))).toEqual([acted('admin.users_read', 'sensitive_read')]);
    expect(await leftBy(() => admin.send('DELETE', `/admin/sessions/${sid}`))).toEqual([
      ended('administrator', sid),
      acted('admin.session_ended', 'authz_admin', { sessionId: sid }),
    ]);
    const again = memberOf((await joe.login('joe', 'joes password')).body['session'], 'id');
    expect(await leftBy(() => admin.send('DELETE', `/admin/users/${user}/sessions`))).toEqual([
      ended('administrator', again),
      acted('admin.sessions_ended', 'authz_admin', about),
    ]);
    const third = memberOf((await joe.login('joe', 'joes password')).body['session'], 'id');
    expect(await leftBy(() => admin.send('POST', `/admin/users/${user}/disable`))).toEqual([
      ended('account_disabled', third),
      acted('user.disabled', 'user_updated', about),
    ]);
    expect(await leftBy(() => admin.send('POST', `/admin/users/${user}/enable`))).toEqual([
      acted('user.enabled', 'user_updated', about),
    ]);
    const reset = { json: { newPassword: 'joes second password' } };
    expect(await leftBy(() => admin.send('POST', `/admin/users/${user}/password`, reset))).toEqual([
      acted('user.password_reset', 'user_updated', about),
    ]);
    expect(await leftBy(() => admin.send('POST', '/admin/users/nobody/disable'))).toEqual([
      { ...acted('user.disabled', 'user_updated', { reason: 'status 404' }), outcome: 'failure' },
    ]);
  });

  it('says who asked for what is not for him, and who changed where he is reached', async () => {
    const ada = await logIn('ada');
    const own = { userId: ada.userId, sessionId: ada.sid, address: HERE };
    expect(await leftBy(() => ada.send('GET', '/admin/audit'))).toEqual([
      {
        type: 'access.refused',
        outcome: 'failure',
        level: 'warn',
        owasp: 'authz_fail',
        ...own,
        resource: 'AdminAuditController.find',
        reason: 'role',
      },
    ]);
    expect(await leftBy(() => ada.send('POST', '/me/email', { json: { email: 'ada@example.org' } }))).toEqual([
      { type: 'user.email_changed', outcome: 'success', level: 'info', owasp: 'user_updated', ...own },
    ]);
  });

  it('can be asked for by user, type and place, and tells who asked', async () => {
    const ada = await logIn('ada');
    const left = await leftBy(() => audit(`?user=${ada.userId}&type=session_created&limit=1`));
    expect(left).toEqual([acted('admin.audit_read', 'sensitive_read')]);
    const [newest] = entriesOf(await audit(`?user=${ada.userId}&type=session.opened&limit=1`));
    expect(newest).toEqual({
      seq: expect.any(Number),
      id: expect.any(String),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      type: 'session.opened',
      outcome: 'success',
      level: 'info',
      owasp: 'session_created',
      userId: ada.userId,
      channel: 'browser',
      sessionId: ada.sid,
      address: HERE,
      device: 'node',
    });
    const all = entriesOf(await audit('?after=0&limit=1000'));
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, at) => at + 1));
    expect(entriesOf(await audit('?after=2&limit=2')).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(entriesOf(await audit('?before=4&limit=2')).map(({ seq }) => seq)).toEqual([2, 3]);
    expect(entriesOf(await audit(`?after=${encodeURIComponent('2000-01-01T00:00:00+02:00')}`))).not.toEqual([]);
    expect(entriesOf(await audit('?after=2999-01-01T00:00:00Z'))).toEqual([]);
    expect(entriesOf(await audit('?user=nobody-at-all'))).toEqual([]);
    for (const type of AUDIT_TYPES) expect((await audit(`?type=${type}&limit=1`)).status).toBe(200);
    const answer = await audit('');
    expect([answer.headers.get('cache-control'), answer.status]).toEqual(['no-store', 200]);
    expect(entriesOf(answer)).toHaveLength(Math.min(100, (await trail.head()).seq - 1));
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=ten',
    'limit=1.5',
    'limit=-1',
    'limit=',
    'limit=1&limit=2',
    'after=-1',
    'after=yesterday',
    'after=2026-13-45T00:00:00Z',
    'after=2026-01-01T00:00:00',
    'after=99999999999999999999',
    'before=x',
    'type=session.Opened',
    'type=%00',
    'type[]=session.opened',
    'type=session.opened&type=session.ended',
    'user=',
    'user=%00',
    `user=${'x'.repeat(256)}`,
    'user=a%0d%0ab',
    'users=ada',
    '__proto__=x',
  ])('refuses what it does not understand: %s', async (query) => {
    const answer = await audit(`?${query}`);
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_input']);
  });

  it('explains why a session is refused, from the record and from what it has of it', async () => {
    const ada = await logIn('ada');
    const explain = async () => (await admin.send('GET', `/admin/sessions/${ada.sid}/explain`)).body;
    expect(await explain()).toMatchObject({
      id: ada.sid,
      state: 'live',
      record: { userId: ada.userId, channel: 'browser', generation: 0, key: 'current', createdAt: expect.stringMatching(/Z$/) },
      entries: [{ type: 'session.opened' }, { type: 'login.new_device' }],
    });
    await ada.send('POST', '/auth/logout');
    expect(await explain()).toEqual({
      id: ada.sid,
      state: 'ended',
      reason: 'logout',
      endedAt: expect.any(String),
      explanation: expect.stringContaining('was ended'),
      entries: [
        expect.objectContaining({ type: 'session.opened' }),
        expect.objectContaining({ type: 'login.new_device' }),
        expect.objectContaining({ type: 'admin.session_explained', actorId: admin.userId }),
        expect.objectContaining({ type: 'session.ended', reason: 'logout', address: HERE }),
      ],
    });
    const unknown = `${ada.sid.slice(0, 5)}${'A'.repeat(22)}`;
    const answer = await admin.send('GET', `/admin/sessions/${unknown}/explain`);
    expect([answer.status, answer.body]).toMatchObject([200, { state: 'unknown', entries: [] }]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    'x',
    '0000',
    `0000.${'A'.repeat(21)}B`,
    `0000.${'A'.repeat(23)}`,
    `0000.${'A'.repeat(22)}%20`,
    '%00',
    '%27%20OR%201=1',
    '..%2f..',
  ])('explains no session by a name that is none: %s', async (id) => {
    const answer = await admin.send('GET', `/admin/sessions/${id}/explain`);
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_input']);
  });

  it('cannot be written into by what a client calls itself, or types, or says of where it is', async () => {
    await trail.settled();
    const before = (await trail.head()).seq;
    log.entries.length = 0;
    // Bytes above 127 in a header are read as Latin-1: that is how control characters get in.
    const header = Buffer.from('\u009b31m\u0085x","level":"y', 'latin1').toString('latin1');
    const long = 'A1'.repeat(5_000);
    const login = (json: object, headers: Record<string, string> = {}) =>
      send(url, 'POST', '/auth/token', { body: { json }, headers });
    const attempts = [
      await login({ username: 'ada', password: PASSWORDS.ada, device: EVIL.replaceAll(/[\u0085\u009b]/g, '') }),
      await login({ username: 'ada', password: PASSWORDS.ada }, { 'User-Agent': long, 'X-Forwarded-For': header }),
      await login({ username: 'ada', password: PASSWORDS.ada }, { 'User-Agent': header }),
      await login({ username: `canary${EVIL}`, password: 'wrong-canary' }),
      await login({ username: long, password: 'wrong-canary' }),
      await login({ username: 'ada\r\n{"type":"forged"}', password: 'wrong-canary' }),
      await admin.send('POST', `/admin/users/${encodeURIComponent(`a\r\n\u001b[2J${EVIL}`)}/disable`),
      await admin.send('GET', `/admin/sessions/${encodeURIComponent(EVIL)}/explain`),
      await admin.send('DELETE', `/admin/sessions/${encodeURIComponent(`x\n${EVIL}`)}`),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([200, 200, 200, 401, 400, 400, 404, 400, 404]);
    const entries = await trail.find({ after: before });
    // Three logins of three entries, one that failed, three acts of the administrator: and no entry that nobody made.
    expect(entries.map(({ type }) => type)).toEqual([
      ...THREE_LOGINS,
      'login.failed',
      'user.disabled',
      'admin.session_explained',
      'admin.session_ended',
    ]);
    expect(log.entries.map(({ type }) => type)).toEqual(entries.map(({ type }) => type));
    for (const text of [log.text, (await audit('?limit=1000')).text]) {
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(text).not.toContain('canary');
    }
    for (const entry of entries) expect(JSON.stringify(entry).length).toBeLessThan(2_000);
    expect(await trail.verify()).toMatchObject({ intact: true });
  });

  it('is not given a credential that an administrator mistakes for an id', async () => {
    const login = { json: { username: 'ada', password: PASSWORDS.ada } };
    const answer = await send(url, 'POST', '/auth/token', { body: login });
    const credentials = [...handedOut.secrets].filter((secret) => secret.startsWith('nhs_'));
    expect(credentials).toContain(textOf(answer, 'refresh_token'));
    for (const credential of credentials.slice(-4)) {
      expect((await admin.send('GET', `/admin/sessions/${credential}/explain`)).status).toBe(400);
      expect((await admin.send('DELETE', `/admin/sessions/${credential}`)).status).toBe(404);
      expect((await admin.send('GET', `/admin/users/${credential}/sessions`)).status).toBe(404);
      expect((await admin.send('DELETE', `/admin/users/${credential}/sessions`)).status).toBe(404);
    }
    await trail.settled();
    const written = `${log.text}${JSON.stringify(await trail.find({ after: 0, limit: 1_000 }))}`;
    for (const credential of credentials) expect(written).not.toContain(credential.split('.').at(-1));
  });

  it('holds no secret that was handed out or typed, in the database, in the log, or in an answer', async () => {
    const everything = JSON.stringify(await trail.find({ after: 0, limit: 1_000 }));
    expect(handedOut.secrets.size).toBeGreaterThan(20);
    for (const text of [everything, log.text, (await audit('?limit=1000')).text]) expect(handedOut.foundIn(text)).toEqual([]);
  });

  it('tells of the end of everyone, and by whom', async () => {
    const left = await leftBy(() => admin.send('POST', '/admin/logout-everyone'));
    expect(left).toEqual([
      {
        ...acted('everyone.ended', 'session_expired', { reason: 'everyone', count: expect.any(Number) }),
        level: 'warn',
      },
      acted('admin.everyone_ended', 'authz_admin'),
    ]);
    expect((await app.get(SessionService).list(admin.userId)).length).toBe(0);
  });
});

function memberOf(value: unknown, name: string): string {
  const member: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof member !== 'string') throw new Error(`There is no ${name} in ${JSON.stringify(value)}.`);
  return member;
}
