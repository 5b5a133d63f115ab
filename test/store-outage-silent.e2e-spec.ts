import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Patch, UseGuards } from '@nestjs/common';
import {
  CurrentSession,
  RequireRecentAuth,
  RevocationMode,
  SessionGuard,
  SessionService,
  StoreHealth,
  seconds,
  type Session,
} from 'nestjs-hybrid-session';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { createClient } from 'redis';
import { TestAccounts } from './support/accounts.js';
import { until } from './support/app-process.js';
import { ApiClient, Browser, send, type Answer } from './support/clients.js';
import { FaultyProxy } from './support/faulty-proxy.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { RedisServer } from './support/redis-server.mjs';

/** Requests to a store that is silent: more by `npm run check:outage`. */
const ROUNDS = Number(process.env['OUTAGE_ROUNDS'] ?? 1);
/** Each silence costs some deadlines: in the long run the library's own. */
const LIMITS = ROUNDS > 1 ? {} : { deadline: seconds(1) };
const REQUESTS = 500 * ROUNDS;
const TIMEOUT = 60_000 + 30_000 * ROUNDS;
/** Requests that come at the same time. */
const AT_ONCE = 100;
const PASSWORD = 'correct horse';
const STALE = { within: 0, serveStale: seconds(30) };

@Controller()
@UseGuards(SessionGuard)
class OutageController {
  constructor(private readonly sessions: SessionService) {}

  @Get('stale/me')
  @RevocationMode(STALE)
  me(@CurrentSession() session: Session) {
    return { sub: session.userId, isStale: session.isStale };
  }

  @Patch('stale/me')
  @RevocationMode(STALE)
  rename() {
    return { renamed: true };
  }

  @Get('stale/recent')
  @RevocationMode(STALE)
  @RequireRecentAuth()
  recent() {
    return { recent: true };
  }

  @Get('stale/token')
  @RevocationMode(STALE)
  async token(@CurrentSession() session: Session) {
    return { token: await this.sessions.accessToken(session) };
  }
}

/** On one adapter: what both answer while a store is away is shown in store-outage. */
describe('A Redis that goes silent without closing anything', () => {
  let redis: RedisServer;
  let proxy: FaultyProxy;
  let client: ReturnType<typeof newClient>;
  let host: HostApp;
  let health: StoreHealth;

  // Nothing of its own finds out that the server is silent: no ping, no timeout. What is shown is the library's doing.
  const newClient = () => createClient({ url: `redis://127.0.0.1:${proxy.port}`, disableOfflineQueue: true });

  beforeAll(async () => {
    redis = await RedisServer.start();
    proxy = await FaultyProxy.open(redis.port);
    client = newClient();
    client.on('error', () => undefined);
    await client.connect();
    const accounts = new TestAccounts();
    for (const name of ['ada', 'bob']) accounts.add(name, PASSWORD);
    const options = { limit: 'unlimited' as const, storeLimits: LIMITS };
    const controllers = [OutageController];
    host = await startHostApp({ adapter: 'fastify', store: new RedisSessionStore(client), accounts, options, controllers });
    health = host.app.get(StoreHealth);
  });
  afterEach(() => proxy.mend());
  afterAll(async () => {
    await host.close();
    client.destroy();
    proxy.close();
    await redis.discard();
  });

  async function browserOf(name: string): Promise<Browser> {
    const browser = new Browser(host.url);
    expect((await browser.login(name, PASSWORD)).status).toBe(200);
    return browser;
  }

  async function apiOf(name: string): Promise<ApiClient> {
    const api = new ApiClient(host.url);
    expect((await api.login(name, PASSWORD)).status).toBe(200);
    expect((await api.send('GET', '/me')).status).toBe(200); // its first use is known
    await host.sessions.settled();
    return api;
  }

  async function silence(browser: Browser): Promise<void> {
    proxy.silence('store');
    await until('the gate is shut', async () => {
      const before = health.state.refused;
      expectFailsClosed(await Promise.all(Array.from({ length: 5 }, () => browser.send('GET', '/me'))));
      return health.state.refused > before;
    });
  }

  async function mend(browser: Browser): Promise<void> {
    proxy.mend();
    await until('service returns', async () => (await browser.send('GET', '/me')).status === 200);
  }

  function expectFailsClosed(answers: readonly Answer[]): void {
    for (const { status, headers } of answers) {
      expect(status).toBe(503);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('set-cookie')).toBeNull();
    }
  }

  it(
    'answers every request 503 with Retry-After without asking it, but for one trial in a while, and returns by itself',
    async () => {
      const [browser, api] = [await browserOf('ada'), await apiOf('ada')];
      const first = Array.from({ length: 20 }, () => browser.send('GET', '/me'));
      expect(new Set((await Promise.all(first)).map(({ status }) => status))).toEqual(new Set([200]));
      const kinds = [
        () => browser.send('GET', '/me'),
        () => api.send('GET', '/me'),
        () => browser.send('PATCH', '/me'),
        () => api.refresh(),
        () => new Browser(host.url).login('ada', PASSWORD),
      ];
      await silence(browser);
      const [commands, began] = [proxy.commands, performance.now()];
      const answers: Answer[] = [];
      for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
        const wave = Array.from({ length: AT_ONCE / kinds.length }, () => kinds.map((request) => request()));
        answers.push(...(await Promise.all(wave.flat())));
      }
      // One a second may go through, to see whether it is answered. A slow machine gives it more seconds.
      const trials = 1 + Math.floor((performance.now() - began) / 1_000);
      expect(proxy.commands - commands).toBeLessThanOrEqual(trials);
      expectFailsClosed(answers);
      expect((await send(host.url, 'GET', '/me', { headers: { Authorization: 'Bearer x' } })).status).toBe(401);
      expect((await send(host.url, 'GET', '/me')).status).toBe(401);

      await mend(browser);
      expect((await browser.send('PATCH', '/me')).status).toBe(200);
      expect((await api.refresh()).status).toBe(200);
      expect(health.state).toMatchObject({ awayFor: 0, underWay: 0 });
    },
    TIMEOUT,
  );

  it('lets an ending go through all the same: it is carried out when the server wakes, and told as unknown until then', async () => {
    const [browser, other] = [await browserOf('ada'), await browserOf('bob')];
    const { sub } = (await other.send('GET', '/me')).body;
    await silence(browser);
    await expect(host.sessions.revokeAll(String(sub))).rejects.toMatchObject({ code: 'store_unavailable' });
    await mend(browser);
    await until('the ending is carried out', async () => (await other.send('GET', '/me')).status === 401);
  });

  it('serves stale answers where a route asks for them, and nowhere else', async () => {
    const [browser, api] = [await browserOf('ada'), await apiOf('ada')];
    for (const who of [browser, api]) expect((await who.send('GET', '/stale/me')).body['isStale']).toBe(false);
    expect((await browser.send('GET', '/stale/token')).status).toBe(200);
    await silence(browser);
    for (const who of [browser, api]) {
      const answer = await who.send('GET', '/stale/me');
      expect([answer.status, answer.body['isStale'], answer.headers.get('cache-control')]).toEqual([200, true, 'no-store']);
    }
    expectFailsClosed([
      await browser.send('GET', '/me'),
      await api.send('GET', '/me'),
      await browser.send('PATCH', '/stale/me'),
      await browser.send('GET', '/stale/recent'),
      await browser.send('GET', '/stale/token'),
      await browser.send('GET', '/auth/session'),
      await browser.send('POST', '/auth/session/token'),
      await api.refresh(),
      await browser.send('POST', '/auth/logout'),
    ]);
    expect((await send(host.url, 'GET', '/stale/me')).status).toBe(401);
    expect(health.state.servedStale).toBe(3); // the one that was to mint a token got past the guard
    expect(host.events.filter(({ type }) => type === 'session.served_stale')).toHaveLength(2);
    await mend(browser);
    expect((await browser.send('GET', '/stale/me')).body['isStale']).toBe(false);
    expect((await browser.send('PATCH', '/stale/me')).status).toBe(200);
  });

  it('serves no session stale that was to be ended here, nor one of a user whose sessions were', async () => {
    const [browser, ada, bob] = [await browserOf('ada'), await browserOf('ada'), await apiOf('bob')];
    for (const who of [browser, ada, bob]) expect((await who.send('GET', '/stale/me')).status).toBe(200);
    const { sid } = (await ada.send('GET', '/me')).body;
    const { sub } = (await bob.send('GET', '/me')).body;
    await silence(browser);
    for (const who of [ada, bob]) expect((await who.send('GET', '/stale/me')).status).toBe(200);
    await Promise.allSettled([host.sessions.revoke(String(sid)), host.sessions.revokeAll(String(sub))]);
    for (const who of [ada, bob]) expectFailsClosed([await who.send('GET', '/stale/me')]);
    expect((await browser.send('GET', '/stale/me')).status).toBe(200);
    await mend(browser);
    await until('both are ended', async () => (await ada.send('GET', '/me')).status === 401);
    expect((await bob.send('GET', '/me')).status).toBe(401);
  });
});
