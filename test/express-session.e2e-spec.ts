import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Logger, UseGuards } from '@nestjs/common';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import {
  CurrentVisitor,
  days,
  minutes,
  MemorySessionStore,
  seconds,
  Visitor,
  VisitorGuard,
  type FormerSession,
} from 'nestjs-hybrid-session';
import { ExpressSessions } from 'nestjs-hybrid-session/express-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { createClient } from 'redis';
import { Browser, send, textOf } from './support/clients.js';
import { ADAPTERS, startHostApp, type HostApp } from './support/host-app.js';

declare module 'express-session' {
  interface SessionData {
    passport: { user: string };
  }
}

const SECRET = 'keyboard cat';
const OLD_SECRET = 'keyboard kitten';
const USER = 'ada';

/** The application as it was: express-session with connect-redis, and a login as passport leaves it. */
async function startFormerApp(client: ReturnType<typeof newRedis>, prefix: string) {
  const app = express();
  const store = new RedisStore({ client, prefix });
  app.use(session({ store, secret: [SECRET, OLD_SECRET], resave: false, saveUninitialized: true, cookie: { maxAge: days(7) } }));
  app.get('/login/:user', (request, response) => {
    request.session.passport = { user: request.params.user };
    response.json({});
  });
  app.get('/visit', (_, response) => void response.json({}));
  app.get('/me', (request, response) => void response.json({ user: request.session.passport?.user }));
  const server = createServer((request, response) => void app(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return { url, store, close: () => new Promise((resolve) => void server.close(resolve)) };
}

function newRedis() {
  return createClient({ url: process.env['REDIS_URL'] ?? '' });
}

@Controller()
class AnybodyController {
  @Get('anybody')
  @UseGuards(VisitorGuard)
  who(@CurrentVisitor() { session: found }: Visitor) {
    return { user: found?.userId };
  }
}

/** The cookies that an answer sets, by name: a pair to be sent back. */
function cookiesIn(headers: Headers): ReadonlyMap<string, string> {
  return new Map(headers.getSetCookie().map((line) => [line.slice(0, line.indexOf('=')), line.slice(0, line.indexOf(';'))]));
}

describe.each(ADAPTERS)('a browser with a session of express-session, on %s', (adapter) => {
  const redis = newRedis();
  const clock = new FakeClock(Date.now());
  let former: Awaited<ReturnType<typeof startFormerApp>>;
  let host: HostApp;
  let prefix: string;
  let formerSessions: ExpressSessions;
  let allowed = true;
  let userOf: (session: FormerSession) => unknown;

  beforeEach(async () => {
    allowed = true;
    userOf = ({ passport }) =>
      typeof passport === 'object' && passport && 'user' in passport ? String(passport.user) : undefined;
    prefix = `t${randomBytes(6).toString('hex')}:`;
    await redis.connect();
    former = await startFormerApp(redis, prefix);
    formerSessions = new ExpressSessions(redis, {
      secrets: [SECRET, OLD_SECRET],
      prefix,
      lifetime: days(3),
      userOf: (found) => userOf(found) as string | undefined, // a host may be written in JavaScript
      principalOf: async (userId) => (allowed ? { username: userId, roles: ['clerk'] } : undefined),
    });
    host = await startHostApp({
      adapter,
      store: new MemorySessionStore(),
      clock,
      controllers: [AnybodyController],
      options: { formerSessions },
    });
  });
  afterEach(async () => {
    await host.close();
    await former.close();
    const left = await redis.keys(`*${prefix}*`);
    if (left.length > 0) await redis.unlink(left);
    await redis.close();
  });

  const formerLogin = async (path = `/login/${USER}`) =>
    cookiesIn((await send(former.url, 'GET', path)).headers).get('connect.sid') ?? '';
  const idOf = (cookie: string) => decodeURIComponent(cookie).slice('connect.sid=s:'.length).split('.')[0] ?? '';
  const ask = (cookie: string, path = '/me', method = 'GET', headers = {}) =>
    send(host.url, method, path, { headers: { Cookie: cookie, ...headers } });
  const opened = () => host.events.filter(({ type }) => type === 'session.opened');

  it('is given one of ours at its first request, and the former one is gone', async () => {
    const old = await formerLogin();
    const answer = await ask(old);
    expect([answer.status, answer.body]).toEqual([
      200,
      expect.objectContaining({ sub: USER, channel: 'browser', roles: ['clerk'] }),
    ]);
    const [own, gone] = answer.headers.getSetCookie();
    expect(own).toMatch(/^__Host-sid=\S+; Max-Age=\d+; SameSite=Lax; Path=\/; HttpOnly; Secure$/);
    expect(gone).toBe('connect.sid=; Max-Age=0; Path=/; HttpOnly');
    expect(await redis.get(prefix + idOf(old))).toBeNull();
    expect((await send(former.url, 'GET', '/me', { headers: { Cookie: old } })).body).toEqual({});
    expect(own).not.toContain(idOf(old));
    const next = await ask(cookiesIn(answer.headers).get('__Host-sid') ?? '');
    expect([next.status, next.body['sid'], next.headers.getSetCookie()]).toEqual([200, answer.body['sid'], []]);
    expect(opened()).toHaveLength(1);
  });

  it('is given one and the same session for all of its tabs', async () => {
    const old = await formerLogin();
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(old)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
    expect(new Set(answers.map(({ headers }) => cookiesIn(headers).get('__Host-sid'))).size).toBe(1);
    expect(opened()).toHaveLength(1);
    expect(await host.sessions.list(USER)).toHaveLength(1);
  });

  it('loses nothing with an answer, and a minute later the former cookie is worth nothing', async () => {
    const old = await formerLogin();
    const { body } = await ask(old);
    clock.advance(seconds(59));
    expect((await ask(old)).body['sid']).toBe(body['sid']);
    clock.advance(seconds(1));
    expect((await ask(old)).status).toBe(401);
    expect(await host.sessions.list(USER)).toHaveLength(1);
  });

  it('is not exchanged again when a slow request of the former application writes it back', async () => {
    const old = await formerLogin();
    const written = (await redis.get(prefix + idOf(old))) ?? '';
    await ask(old);
    await redis.set(prefix + idOf(old), written);
    clock.advance(minutes(2));
    expect((await ask(old)).status).toBe(401);
    expect(await redis.exists(prefix + idOf(old))).toBe(0);
  });

  it('is not exchanged again when it was near its end, and is written back for its whole life', async () => {
    const old = await formerLogin();
    const key = prefix + idOf(old);
    await redis.expire(key, 60);
    await ask(old);
    expect(await redis.pTTL(`{${key}}:upgrade`)).toBeGreaterThan(days(399)); // no cookie lives longer
    const other = await formerLogin();
    await redis.expire(prefix + idOf(other), 60);
    expect((await ask(other, '/auth/logout', 'POST')).status).toBe(204);
    expect(await redis.pTTL(`{${prefix + idOf(other)}}:upgrade`)).toBeGreaterThan(days(399));
  });

  it('lives no longer than the limit, and has proven nothing recently', async () => {
    const answer = await ask(await formerLogin(), '/auth/session');
    const [own] = await host.sessions.list(USER);
    expect([own?.expiresAt, own?.remembered]).toEqual([clock.now() + days(3), true]);
    const cookie = cookiesIn(answer.headers).get('__Host-sid') ?? '';
    const csrf = { 'X-CSRF-Token': textOf(answer, 'csrfToken') };
    const sensitive = await ask(cookie, '/sensitive', 'POST', csrf);
    expect([sensitive.status, sensitive.body['code']]).toEqual([401, 'insufficient_user_authentication']);
    const { body } = await ask(cookie, '/auth/session/token', 'POST', csrf);
    const headers = { Authorization: `Bearer ${String(body['access_token'])}` };
    expect((await send(host.url, 'GET', '/api/me', { headers })).body).toEqual({ sub: USER });
  });

  it('is refused an unsafe request, for want of a token, and loses nothing by it', async () => {
    const old = await formerLogin();
    for (const headers of [{}, { 'Sec-Fetch-Site': 'same-origin' }, { Origin: 'https://evil.example' }]) {
      const answer = await ask(old, '/me', 'PATCH', headers);
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
    }
    expect(opened()).toHaveLength(0);
    expect((await ask(old)).status).toBe(200);
  });

  it('is given nothing by what a page of another site embeds, and is by a link there', async () => {
    const old = await formerLogin();
    // Not by fetch, which sets Sec-Fetch-Mode itself.
    const from = async (site: string, mode: string, dest: string, cookie = old) => {
      const headers = { Cookie: cookie, 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': dest };
      const [answer]: IncomingMessage[] = await once(get(`${host.url}/me`, { headers }), 'response');
      answer?.resume();
      return [answer?.statusCode, answer?.headers['set-cookie']?.length ?? 0];
    };
    for (const [mode, dest] of [
      ['no-cors', 'image'],
      ['cors', 'empty'],
      ['navigate', 'iframe'],
    ] as const)
      expect([dest, await from('cross-site', mode, dest)]).toEqual([dest, [401, 0]]);
    expect(opened()).toHaveLength(0);
    expect(await from('cross-site', 'navigate', 'document')).toEqual([200, 2]);
    expect(await from('same-origin', 'cors', 'empty', await formerLogin())).toEqual([200, 2]);
  });

  it('is nobody without a good signature of one of the secrets', async () => {
    const old = await formerLogin();
    const id = idOf(old);
    const sign = (secret: string) => createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
    const named = (value: string) => `connect.sid=${value}`;
    const forged = [
      `s%3A${id}`,
      `s%3A${id}.`,
      id,
      `s%3A${id}.${encodeURIComponent(sign('guess'))}`,
      `s%3A${id}.${encodeURIComponent(sign(SECRET).slice(0, -1))}`,
      `j%3A${id}.${encodeURIComponent(sign(SECRET))}`,
      '%',
      `s%3A.${encodeURIComponent(sign(SECRET))}`,
    ];
    for (const value of forged) expect([value, (await ask(named(value))).status]).toEqual([value, 401]);
    expect(opened()).toHaveLength(0);
    const rotated = `s%3A${id}.${encodeURIComponent(sign(OLD_SECRET))}`;
    expect((await ask(`${old}; ${named(rotated)}`)).status).toBe(200); // two spellings of one session
  });

  it('is nobody with the cookies of two sessions, of which one was tossed in', async () => {
    const cookies = [await formerLogin(), await formerLogin('/login/mallory')];
    expect((await ask(cookies.join('; '))).status).toBe(401);
    expect(opened()).toHaveLength(0);
  });

  it('is nobody as a visitor, as a user who may not log in, and after its end', async () => {
    expect((await ask(await formerLogin('/visit'))).status).toBe(401);
    const old = await formerLogin();
    allowed = false;
    expect((await ask(old)).status).toBe(401);
    allowed = true;
    expect((await ask(old)).status).toBe(200);
    const late = await formerLogin();
    clock.advance(days(8));
    expect((await ask(late)).status).toBe(401);
    clock.advance(-days(8));
  });

  it('is nobody where the host cannot say whose it is, which the log tells once', async () => {
    const written = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    userOf = () => {
      throw new TypeError('keyboard');
    };
    const old = await formerLogin();
    expect([(await ask(old)).status, (await ask(old)).status]).toEqual([401, 401]);
    expect(written.mock.calls).toEqual([[expect.stringMatching(/nobody is logged in by them: userOf throws \(TypeError\)\.$/)]]);
    written.mockRestore();
    for (const id of ['', 'x'.repeat(256), 'a\0b', '\ud800', 42, { id: 42 }, [USER], null]) {
      userOf = () => id;
      expect([id, (await ask(old)).status]).toEqual([id, 401]);
    }
    expect(opened()).toHaveLength(0);
    userOf = () => 'x'.repeat(255);
    expect((await ask(old)).status).toBe(200);
  });

  it('is not looked at beside a credential of ours, be it good or bad', async () => {
    const { headers } = await ask(await formerLogin());
    const own = cookiesIn(headers).get('__Host-sid') ?? '';
    const other = await formerLogin('/login/grace');
    expect((await ask(`${own}; ${other}`)).body['sub']).toBe(USER);
    expect((await ask(`__Host-sid=nothing; ${other}`)).status).toBe(401);
    expect((await ask(other, '/me', 'GET', { Authorization: 'Bearer nothing' })).status).toBe(401);
    expect((await ask(other, '/api/me')).status).toBe(401);
    expect(await redis.get(prefix + idOf(other))).not.toBeNull();
  });

  it('is logged out for good, with the session that took its place', async () => {
    const old = await formerLogin();
    expect((await ask(old, '/auth/logout', 'POST')).status).toBe(204);
    expect((await ask(old)).status).toBe(401);
    const other = await formerLogin();
    await ask(other);
    expect((await ask(other, '/auth/logout', 'POST')).status).toBe(204);
    expect(await host.sessions.list(USER)).toEqual([]);
    expect((await ask(other)).status).toBe(401);
  });

  it('logs in anew, and the former session is no way back', async () => {
    const old = await formerLogin();
    host.accounts.add(USER, 'correct horse');
    const body = { json: { username: USER, password: 'correct horse' } };
    const login = await send(host.url, 'POST', '/auth/login', { headers: { Cookie: old }, body });
    expect([login.status, cookiesIn(login.headers).get('connect.sid')]).toEqual([200, 'connect.sid=']);
    expect((await ask(old)).status).toBe(401);
  });

  it('is a user, and no visitor, on a route that is open to both', async () => {
    const answer = await ask(await formerLogin(), '/anybody');
    expect([answer.body, cookiesIn(answer.headers).has('__Host-sid')]).toEqual([{ user: USER }, true]);
  });

  it('is out of reach after all sessions of its user were ended, upgraded or not', async () => {
    const [upgraded, waiting, stranger] = [await formerLogin(), await formerLogin(), await formerLogin('/login/grace')];
    const { headers } = await ask(upgraded);
    await host.sessions.revokeAll(USER);
    for (const cookie of [cookiesIn(headers).get('__Host-sid') ?? '', upgraded, waiting])
      expect((await ask(cookie)).status).toBe(401);
    expect((await ask(stranger)).status).toBe(200);
    const last = await formerLogin('/login/grace');
    await host.sessions.revokeEveryone();
    expect((await ask(last)).status).toBe(401);
  });

  it('stays out of reach when the former application lists its sessions and clears them', async () => {
    await formerLogin();
    await host.sessions.revokeAll(USER);
    await host.sessions.revokeEveryone();
    expect(await former.store.all()).toEqual([expect.objectContaining({ passport: { user: USER } })]);
    await former.store.clear();
    expect((await ask(await formerLogin())).status).toBe(401);
  });

  it('is given no session that outlives the end of all that came at the same time', async () => {
    for (const user of Array.from({ length: 10 }, (_, round) => `eve${round}`)) {
      const cookies = [await formerLogin(`/login/${user}`), await formerLogin(`/login/${user}`)];
      await Promise.all([...cookies.map((cookie) => ask(cookie)), host.sessions.revokeAll(user)]);
      expect([user, await host.sessions.list(user)]).toEqual([user, []]);
    }
  });

  it('is exchanged by the next request when an instance dies with the exchange half made', async () => {
    const old = await formerLogin();
    const died = await formerSessions.claim(idOf(old), clock.now());
    if (died.outcome !== 'claimed') throw new Error(died.outcome);
    clock.advance(seconds(6));
    expect((await ask(old)).status).toBe(200);
    expect(await formerSessions.settle(died.claim, 'another', clock.now())).toBe(false); // it was only slow
    await formerSessions.release(died.claim);
    expect((await ask(old)).status).toBe(200);
  });

  it('is exchanged by the request that began it when the connection is lost before the end', async () => {
    const old = await formerLogin();
    const begun = await formerSessions.claim(idOf(old), clock.now());
    if (begun.outcome !== 'claimed') throw new Error(begun.outcome);
    redis.destroy();
    const settled = formerSessions.settle(begun.claim, 'ours', clock.now());
    await Promise.allSettled([formerSessions.hasEnded(USER)]); // the first attempt has failed as well
    await redis.connect();
    expect(await settled).toBe(true);
    expect(await formerSessions.claim(idOf(old), clock.now())).toEqual({ outcome: 'upgraded', sessionId: 'ours' });
  });

  it('is not exchanged when the former application logs it out meanwhile', async () => {
    const old = await formerLogin();
    const slow = await formerSessions.claim(idOf(old), clock.now());
    if (slow.outcome !== 'claimed') throw new Error(slow.outcome);
    await redis.del(prefix + idOf(old));
    expect(await formerSessions.settle(slow.claim, 'another', clock.now())).toBe(false);
    clock.advance(seconds(6));
    expect((await ask(old)).status).toBe(401);
  });

  it('has no password changed while the former Redis cannot be told of it', async () => {
    host.accounts.add('joan', 'correct horse');
    const browser = new Browser(host.url);
    await browser.login('joan', 'correct horse');
    const change = { json: { currentPassword: 'correct horse', newPassword: 'battery staple' } };
    redis.destroy();
    expect((await browser.send('POST', '/auth/password', change)).status).toBe(503);
    await redis.connect();
    expect((await new Browser(host.url).login('joan', 'correct horse')).status).toBe(200);
    expect((await browser.send('POST', '/auth/password', change)).status).toBe(200);
  });

  it('is answered 503 while the former Redis is away, and nobody else is', async () => {
    const { headers } = await ask(await formerLogin());
    const old = await formerLogin();
    redis.destroy();
    expect([(await ask(old)).status, (await ask(old, '/auth/logout', 'POST')).status]).toEqual([503, 503]);
    expect((await ask(cookiesIn(headers).get('__Host-sid') ?? '')).status).toBe(200);
    expect((await ask('')).status).toBe(401);
    await redis.connect();
    expect((await ask(old)).status).toBe(200);
  });
});
