import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppProcess, sharedEnvironment, until } from './support/app-process.js';
import { ApiClient, Browser, send } from './support/clients.js';
import { ADAPTERS } from './support/host-app.js';
import { RedisServer } from './support/redis-server.mjs';

const TOKEN = 'a-token-of-the-metrics';
const PASSWORD = 'ada-password';

interface Line {
  readonly context?: string;
  readonly message?: Record<string, unknown>;
}

describe.each(ADAPTERS)('the reference application on %s, as its operator sees it', (adapter) => {
  let redis: RedisServer;
  let app: AppProcess;
  /** Everything that was handed out or typed, and must stand nowhere. */
  const credentials = new Set([PASSWORD, TOKEN]);

  beforeAll(async () => {
    redis = await RedisServer.start({ durable: true });
    const more = {
      HTTP_ADAPTER: adapter,
      REDIS_URL: redis.url,
      MAX_SESSIONS: '2',
      REFRESH_WINDOW_SECONDS: '0',
      METRICS_TOKEN: TOKEN,
      ACCESS_LOG: 'on',
    };
    app = await AppProcess.start(await sharedEnvironment(more));
  }, 60_000);
  afterAll(async () => {
    expect(await app?.stop()).toBe(0);
    await redis?.discard();
  });

  const read = async () => {
    const answer = await send(app.url, 'GET', '/metrics', { headers: { Authorization: `Bearer ${TOKEN}` } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    return answer.text;
  };
  /** What is not 0 of our counters. */
  const counted = async (...names: readonly string[]) => {
    const lines = (await read()).split('\n').filter((line) => !line.startsWith('#'));
    const own = lines.filter((line) => names.some((name) => line.startsWith(`nhs_${name}_total{`)) && !line.endsWith(' 0'));
    return own.map((line) => line.slice('nhs_'.length).replaceAll('"', '')).sort();
  };
  const remember = (client: ApiClient) => [client.accessToken, client.refreshToken].forEach((token) => credentials.add(token));
  const client = async () => {
    const one = new ApiClient(app.url);
    expect((await one.login('ada', PASSWORD)).status).toBe(200);
    remember(one);
    return one;
  };
  const accesses = () =>
    app.log.split('\n').flatMap((text) => {
      if (!text.startsWith('{')) return [];
      const line: Line = JSON.parse(text);
      return line.context === 'Access' && line.message ? [line.message] : [];
    });

  it('shows its metrics to nobody but the holder of their token', async () => {
    for (const given of [undefined, 'Bearer wrong', `Bearer ${TOKEN} more`, `Basic ${TOKEN}`, 'Bearer', `bearer${TOKEN}`]) {
      const answer = await send(app.url, 'GET', '/metrics', { headers: given ? { Authorization: given } : {} });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="metrics"']);
      expect(answer.text).not.toContain('nhs_');
    }
    expect(await read()).toContain('process_cpu_seconds_total');
  });

  it('counts exactly what happened', async () => {
    const thief = await client();
    expect((await new ApiClient(app.url).login('ada', 'not her password')).status).toBe(401);
    const stolen = thief.refreshToken;
    expect((await thief.refresh()).status).toBe(200);
    expect((await thief.refresh(stolen)).status).toBe(200); // the answer was lost
    expect((await thief.send('GET', '/me')).status).toBe(200);
    remember(thief);
    expect((await thief.refresh(stolen)).status).toBe(400); // that was used meanwhile
    expect((await thief.send('GET', '/me')).status).toBe(401);
    await client();
    await client();
    await client(); // one too many
    const browser = new Browser(app.url);
    expect((await browser.login('ada', PASSWORD)).status).toBe(200);
    credentials.add(browser.cookie).add(browser.csrfToken);
    expect(await counted('password_checks', 'refreshes', 'alarms', 'sessions_opened', 'sessions_ended', 'refusals')).toEqual([
      'alarms_total{alarm=refresh_reused} 1',
      'password_checks_total{purpose=login,outcome=right} 5',
      'password_checks_total{purpose=login,outcome=wrong} 1',
      'refreshes_total{outcome=replayed} 1',
      'refreshes_total{outcome=reused} 1',
      'refreshes_total{outcome=rotated} 1',
      'refusals_total{of=session,cause=gone} 1',
      'sessions_ended_total{reason=evicted} 1',
      'sessions_ended_total{reason=reuse} 1',
      'sessions_opened_total{channel=api} 4',
      'sessions_opened_total{channel=browser} 1',
    ]);
  });

  it('tells when its store is gone, and when it is back', async () => {
    const one = await client();
    await redis.kill();
    expect((await one.send('GET', '/me')).status).toBe(503);
    const away = await send(app.url, 'GET', '/health/ready');
    expect([away.status, away.headers.get('retry-after'), away.headers.get('cache-control')]).toEqual([503, '1', 'no-store']);
    expect(away.body).toMatchObject({
      status: 'error',
      info: { database: { status: 'up' } },
      error: { session_store: { status: 'down', obstacles: [expect.stringMatching(/session store/)] } },
    });
    expect(await read()).toMatch(/^nhs_store_up 0$/m);
    await redis.start();
    await until('it is ready', async () => (await send(app.url, 'GET', '/health/ready')).status === 200);
    expect((await send(app.url, 'GET', '/health/ready')).body).toMatchObject({
      status: 'ok',
      details: { session_store: { status: 'up' }, database: { status: 'up' } },
    });
    expect(await read()).toMatch(/^nhs_store_up 1$/m);
  }, 60_000);

  it('logs each request by its route, its status, and who it was; and nothing that anybody sent', async () => {
    const one = await client();
    const id = `sent-${Date.now()}`;
    const answer = await send(app.url, 'GET', `/me?access_token=${one.accessToken}&q=${id}`, {
      headers: { Authorization: `Bearer ${one.accessToken}`, 'X-Request-Id': id },
    });
    expect((await one.send('DELETE', `/auth/sessions/${id}`)).status).toBe(404);
    expect((await send(app.url, 'GET', `/nowhere/${id}`)).status).toBe(404);
    expect((await send(app.url, 'GET', `/%zz${id}`)).status).toBe(400);
    const { sub: userId, sid: sessionId } = answer.body;
    await until('it is written', async () => accesses().at(-1)?.['status'] === 400);
    const requestId = answer.headers.get('x-request-id');
    const duration = expect.any(Number);
    const who = { sessionId, userId };
    expect(accesses().find((entry) => entry['requestId'] === requestId)).toEqual({
      requestId: expect.stringMatching(/^[\da-f]{8}-/),
      method: 'GET',
      route: '/me',
      status: 200,
      duration,
      ...who,
    });
    const rest = { requestId: expect.any(String), duration };
    expect(accesses().slice(-3)).toEqual([
      { ...rest, method: 'DELETE', route: '/auth/sessions/:id', status: 404, ...who },
      { ...rest, method: 'GET', status: 404 },
      { ...rest, method: 'GET', status: 400 },
    ]);
    expect(app.log).not.toContain(id);
  });

  it('has written no credential anywhere', async () => {
    expect(credentials.size).toBeGreaterThan(10);
    const page = await read();
    for (const credential of credentials) {
      expect(credential.length).toBeGreaterThan(8);
      expect(app.log).not.toContain(credential);
      expect(page).not.toContain(credential);
    }
  });
});
