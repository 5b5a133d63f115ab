import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppProcess, sharedEnvironment, until } from './support/app-process.js';
import { ApiClient, Browser, send, type Answer } from './support/clients.js';
import { ADAPTERS } from './support/host-app.js';
import { RedisServer } from './support/redis-server.mjs';

describe.each(ADAPTERS)('P7 fail closed, and say so, on %s', (adapter) => {
  let redis: RedisServer;
  let app: AppProcess;

  beforeAll(async () => {
    redis = await RedisServer.start({ durable: true });
    app = await AppProcess.start(await sharedEnvironment({ REDIS_URL: redis.url, HTTP_ADAPTER: adapter, MAX_SESSIONS: '50' }));
  }, 60_000);
  afterAll(async () => {
    expect(await app.stop()).toBe(0);
    await redis.kill();
  });

  it('while Redis is killed and restarted under load, every answer is 200 or 503 with Retry-After, and service returns by itself', async () => {
    const browsers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const browser = new Browser(app.url);
        expect((await browser.login('ada', 'ada-password')).status).toBe(200);
        return browser;
      }),
    );
    const clients = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const api = new ApiClient(app.url);
        expect((await api.login('ada', 'ada-password')).status).toBe(200);
        return api;
      }),
    );
    const answers: Answer[] = [];
    const load = { on: true };
    const work = [
      ...browsers.map((browser) => () => browser.send('GET', '/me')),
      ...browsers.map((browser) => () => browser.send('PATCH', '/me', { json: { displayName: 'Ada' } })),
      ...clients.map((api) => () => api.send('GET', '/me')),
      ...clients.map((api) => () => api.refresh()),
    ];
    const loads = work.map(async (request) => {
      while (load.on) answers.push(await request());
    });
    const statusNow = async () => (await browsers[0]?.send('GET', '/me'))?.status;

    await until('the load runs', async () => answers.length > 100);
    for (let crash = 0; crash < 3; crash++) {
      await redis.kill();
      await until('requests are answered 503', async () => (await statusNow()) === 503);
      expect((await send(app.url, 'GET', '/health/ready')).status).toBe(503);
      expect((await send(app.url, 'GET', '/health/live')).status).toBe(200);
      expect((await new Browser(app.url).login('ada', 'ada-password')).status).toBe(503);
      const mark = answers.length;
      await until('the load goes on being answered', async () => answers.length > mark + 50);
      await redis.start();
      await until('service returns', async () => (await statusNow()) === 200);
      await until('it says it is ready', async () => (await send(app.url, 'GET', '/health/ready')).status === 200);
    }
    const after = answers.length;
    await until('the load is served again', async () => answers.length > after + 100);
    load.on = false;
    await Promise.all(loads);

    const statuses = new Set(answers.map((answer) => answer.status));
    expect(statuses).toEqual(new Set([200, 503]));
    for (const refused of answers.filter((answer) => answer.status === 503)) {
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused.headers.get('set-cookie')).toBeNull();
    }
    for (const browser of browsers) expect((await browser.send('GET', '/auth/session')).status).toBe(200);
    for (const api of clients) expect((await api.refresh()).status).toBe(200);
  }, 120_000);

  it('a logout without the store is 503 and leaves the cookie; what needs no store to refuse stays 401', async () => {
    const browser = new Browser(app.url);
    expect((await browser.login('ada', 'ada-password')).status).toBe(200);
    await redis.kill();
    await until('the outage is noticed', async () => (await browser.send('GET', '/me')).status === 503);
    const answer = await browser.send('POST', '/auth/logout');
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([503, null]);
    expect((await send(app.url, 'GET', '/me')).status).toBe(401);
    expect((await send(app.url, 'GET', '/me', { headers: { Authorization: 'Bearer x' } })).status).toBe(401);
    expect((await send(app.url, 'GET', '/me', { headers: { Cookie: '__Host-sid=x' } })).status).toBe(401);
    const guess = { grant_type: 'refresh_token', refresh_token: 'x' };
    expect((await send(app.url, 'POST', '/oauth/token', { body: { form: guess } })).status).toBe(400);
    await redis.start();
    await until('service returns', async () => (await browser.send('GET', '/me')).status === 200);
    expect((await browser.send('POST', '/auth/logout')).status).toBe(204);
    expect((await browser.send('GET', '/me')).status).toBe(401);
  }, 60_000);
});
