import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { AppProcess, sharedEnvironment } from './support/app-process.js';
import { ApiClient, Browser, send } from './support/clients.js';
import { ADAPTERS } from './support/host-app.js';
import { RedisServer } from './support/redis-server.mjs';

describe.each(ADAPTERS)('A Redis that is full, on %s', (adapter) => {
  let redis: RedisServer;
  let app: AppProcess;

  beforeAll(async () => {
    redis = await RedisServer.start();
    app = await AppProcess.start(await sharedEnvironment({ REDIS_URL: redis.url, HTTP_ADAPTER: adapter }));
  }, 60_000);
  afterAll(async () => {
    expect(await app?.stop()).toBe(0);
    await redis?.discard();
  });

  it('while Redis is full nobody can log in, who is in is served and can log out, and readiness says why', async () => {
    const [browser, api] = [new Browser(app.url), new ApiClient(app.url)];
    expect((await browser.login('ada', 'ada-password')).status).toBe(200);
    expect((await api.login('ada', 'ada-password')).status).toBe(200);
    const admin = createClient({ url: redis.url });
    await admin.connect();
    await admin.configSet('maxmemory', '1');
    const refused = await new Browser(app.url).login('bob', 'bob-password');
    expect([refused.status, refused.body['code'], refused.headers.get('retry-after')]).toEqual([503, 'store_unavailable', '1']);
    expect((await new ApiClient(app.url).login('bob', 'bob-password')).status).toBe(503);
    const readiness = await send(app.url, 'GET', '/health/ready');
    expect([readiness.status, readiness.text]).toEqual([503, expect.stringMatching(/OOM.*Raise its maxmemory/)]);
    for (const who of [browser, api]) {
      expect((await who.send('GET', '/me')).status).toBe(200);
      expect((await who.send('POST', '/auth/logout')).status).toBe(204);
      expect((await who.send('GET', '/me')).status).toBe(401);
    }
    expect((await api.refresh()).status).toBe(400);
    await admin.configSet('maxmemory', '0');
    expect((await browser.login('ada', 'ada-password')).status).toBe(200);
    expect((await send(app.url, 'GET', '/health/ready')).status).toBe(200);
    admin.destroy();
  }, 60_000);
});
