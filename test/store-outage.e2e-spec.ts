import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppProcess, sharedEnvironment, until } from './support/app-process.js';
import { BACKENDS_IN_TURN } from './support/backends.js';
import { ApiClient, Browser, send, type Answer } from './support/clients.js';
import type { PrivateServer } from './support/private-server.mjs';

/** Outages under load, and answers during each: more by `npm run check:outage`. A hang costs what a crash does, and a deadline more. */
const OUTAGES = Number(process.env['OUTAGE_ROUNDS'] ?? 3);
const HANGS = Number(process.env['OUTAGE_ROUNDS'] ?? 1);
const OUTAGE_ANSWERS = 50 * OUTAGES;
/** Milliseconds that who was refused waits before the next try: refusals as fast as they come show no more, and keep a core busy. */
const PAUSE = 20;
const TIMEOUT = 60_000 + 30_000 * OUTAGES;

describe.each(BACKENDS_IN_TURN)('P7 fail closed, and say so, on $adapter with $name', ({ adapter, backend }) => {
  let server: PrivateServer;
  let app: AppProcess;

  beforeAll(async () => {
    server = await backend.start();
    const more = { ...backend.environment(server), HTTP_ADAPTER: adapter, MAX_SESSIONS: '50' };
    app = await AppProcess.start(await sharedEnvironment(more));
  }, 60_000);
  afterAll(async () => {
    expect(await app?.stop()).toBe(0);
    await server?.discard();
  });

  /** People who use the application all the time, by cookie and by token, and change and refresh as they go. */
  async function startLoad(): Promise<{ readonly answers: readonly Answer[]; readonly expectWell: () => Promise<void> }> {
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
      while (load.on) {
        const answer = await request();
        answers.push(answer);
        if (answer.status === 503) await wait(PAUSE);
      }
    });
    await until('the load runs', async () => answers.length > 100);
    return {
      answers,
      /** Ends the load, once it is served again, and looks at all that it was answered. */
      expectWell: async () => {
        const after = answers.length;
        await until('the load is served again', async () => answers.length > after + 100);
        load.on = false;
        await Promise.all(loads);
        expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 503]));
        for (const refused of answers.filter((answer) => answer.status === 503)) {
          expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
          expect(refused.headers.get('set-cookie')).toBeNull();
        }
        for (const browser of browsers) expect((await browser.send('GET', '/auth/session')).status).toBe(200);
        for (const api of clients) expect((await api.refresh()).status).toBe(200);
      },
    };
  }

  /** Makes the server go away and come back while the load runs. */
  async function outage(answers: readonly Answer[], away: () => Promise<void> | void, back: () => Promise<void> | void) {
    const browser = new Browser(app.url);
    expect((await browser.login('bob', 'bob-password')).status).toBe(200);
    const statusNow = async () => (await browser.send('GET', '/me')).status;
    await away();
    await until('requests are answered 503', async () => (await statusNow()) === 503);
    const asked = [
      send(app.url, 'GET', '/health/ready'),
      send(app.url, 'GET', '/health/live'),
      new Browser(app.url).login('ada', 'ada-password'),
    ];
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([503, 200, 503]);
    const mark = answers.length;
    await until('the load goes on being answered', async () => answers.length > mark + OUTAGE_ANSWERS);
    await back();
    await until('service returns', async () => (await statusNow()) === 200);
    await until('it says it is ready', async () => (await send(app.url, 'GET', '/health/ready')).status === 200);
  }

  it(
    'while it is killed and restarted under load, every answer is 200 or 503 with Retry-After, and service returns by itself',
    async () => {
      const { answers, expectWell } = await startLoad();
      for (let crash = 0; crash < OUTAGES; crash++)
        await outage(
          answers,
          () => server.kill(),
          () => server.start(),
        );
      await expectWell();
    },
    TIMEOUT,
  );

  it(
    'nor is it another while it hangs, and goes on',
    async () => {
      const { answers, expectWell } = await startLoad();
      for (let hang = 0; hang < HANGS; hang++)
        await outage(
          answers,
          () => server.hang(),
          () => server.resume(),
        );
      await expectWell();
    },
    TIMEOUT,
  );

  it('while it hangs with all connections open, every answer is 503 with Retry-After, and service returns by itself', async () => {
    const [browser, api] = [new Browser(app.url), new ApiClient(app.url)];
    expect((await browser.login('ada', 'ada-password')).status).toBe(200);
    expect((await api.login('ada', 'ada-password')).status).toBe(200);
    server.hang();
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => browser.send('GET', '/me')),
      ...Array.from({ length: 20 }, () => api.send('GET', '/me')),
      browser.send('PATCH', '/me', { json: { displayName: 'Ada' } }),
      browser.send('POST', '/auth/logout'),
      api.refresh(),
      new Browser(app.url).login('ada', 'ada-password'),
      send(app.url, 'GET', '/health/ready'),
    ]).finally(() => server.resume());
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true);
    await until('service returns', async () => (await browser.send('GET', '/me')).status === 200);
    expect((await api.refresh()).status).toBe(200);
  });

  it('a logout without the store is 503 and leaves the cookie; what needs no store to refuse stays 401', async () => {
    const browser = new Browser(app.url);
    expect((await browser.login('ada', 'ada-password')).status).toBe(200);
    await server.kill();
    await until('the outage is noticed', async () => (await browser.send('GET', '/me')).status === 503);
    const answer = await browser.send('POST', '/auth/logout');
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([503, null]);
    expect((await send(app.url, 'GET', '/me')).status).toBe(401);
    expect((await send(app.url, 'GET', '/me', { headers: { Authorization: 'Bearer x' } })).status).toBe(401);
    expect((await send(app.url, 'GET', '/me', { headers: { Cookie: '__Host-sid=x' } })).status).toBe(401);
    const guess = { grant_type: 'refresh_token', refresh_token: 'x' };
    expect((await send(app.url, 'POST', '/oauth/token', { body: { form: guess } })).status).toBe(400);
    await server.start();
    await until('service returns', async () => (await browser.send('GET', '/me')).status === 200);
    expect((await browser.send('POST', '/auth/logout')).status).toBe(204);
    expect((await browser.send('GET', '/me')).status).toBe(401);
  }, 60_000);
});
