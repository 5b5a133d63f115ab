import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TokenClient, type LoggedOutReason } from 'nestjs-hybrid-session-client';
import { AppProcess, sharedEnvironment } from './support/app-process.js';
import { ADAPTERS } from './support/host-app.js';
import { LossyHttpProxy } from './support/lossy-http-proxy.js';
import { SteppedClock } from './support/stepped-clock.js';

/** How many times the access token expires, on each platform; `npm run check:client` takes thousands. */
const EXPIRIES = Number(process.env['CLIENT_EXPIRIES'] ?? 50);
const CALLS = 50;
const LIFETIME = 300_000;

/** A call that the network lost is the caller's to repeat; everything else is an answer. */
async function statusOf(call: Promise<Response>): Promise<number | 'lost'> {
  try {
    const answer = await call;
    await answer.arrayBuffer();
    return answer.status;
  } catch (error) {
    if (error instanceof Error || String(error).includes('fetch failed')) return 'lost';
    throw error;
  }
}

describe.each(ADAPTERS)('The client in Node, behind a proxy that spoils one exchange in five, on %s', (adapter) => {
  let app: AppProcess;
  let proxy: LossyHttpProxy;

  beforeAll(async () => {
    app = await AppProcess.start(await sharedEnvironment({ HTTP_ADAPTER: adapter, SESSION_STORE: 'memory' }));
    proxy = await LossyHttpProxy.open(() => app.url);
  }, 60_000);
  afterAll(async () => {
    proxy.close();
    expect(await app.stop()).toBe(0);
  });

  it(`P4: ${EXPIRIES} expiries, each met by ${CALLS} parallel calls, take one refresh each, and nobody is logged out`, async () => {
    const clock = new SteppedClock();
    const url = `http://127.0.0.1:${proxy.port}`;
    const client = new TokenClient({ url, clock, timeout: 100_000 });
    const ends: LoggedOutReason[] = [];
    client.onLoggedOut((reason) => void ends.push(reason));
    await client.login({ username: 'ada', password: 'ada-password' });

    proxy.isLossy = true;
    const seen = new Map<number | 'lost', number>();
    for (let expiry = 0; expiry < EXPIRIES; expiry++) {
      clock.step(LIFETIME);
      const statuses = await Promise.all(Array.from({ length: CALLS }, () => statusOf(client.fetch('/api/me'))));
      for (const status of statuses) seen.set(status, (seen.get(status) ?? 0) + 1);
    }
    proxy.isLossy = false;

    expect(new Set(seen.keys())).toEqual(new Set([200, 'lost']));
    expect(ends).toEqual([]);
    // at the server: one rotation for each expiry, and no token ever taken for stolen
    const told = (event: string) => app.log.split(`"type":"${event}"`).length - 1;
    expect([told('refresh.rotated'), told('refresh.reused'), told('refresh.healed')]).toEqual([EXPIRIES, 0, 0]);
    // on the way: what was lost was sent again, and nothing else was sent
    expect([proxy.presented.size, proxy.sent - proxy.lost]).toEqual([EXPIRIES, EXPIRIES]);
    expect(proxy.lost).toBeGreaterThan(0);
    expect((await client.fetch('/api/me')).status).toBe(200);

    await client.logout();
    expect((await client.fetch('/api/me')).status).toBe(401);
    expect(ends).toEqual(['logout']);
  }, 3_600_000);
});
