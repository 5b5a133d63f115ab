import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { minutes, StoreUnavailableError, MemorySessionStore } from 'nestjs-hybrid-session';
import { PrometheusTelemetry } from 'nestjs-hybrid-session/prometheus';
import { ApiClient, Browser } from './support/clients.js';
import { ADAPTERS, startHostApp, type HostApp } from './support/host-app.js';

const PASSWORD = 'correct horse';

/** A store that can be away. */
class MortalStore extends MemorySessionStore {
  isDead = false;

  override async find(ids: readonly string[]) {
    if (this.isDead) throw new StoreUnavailableError();
    return super.find(ids);
  }

  override async census(now: number) {
    if (this.isDead) throw new StoreUnavailableError();
    return super.census(now);
  }
}

/** The samples of a page of metrics: `name{labels}` and its value, in seconds, counts or 0 and 1. */
function samplesOf(page: string): ReadonlyMap<string, number> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

describe.each(ADAPTERS)('metrics of a host on %s', (adapter) => {
  let host: HostApp;
  let userId = '';
  let page = '';
  const store = new MortalStore();
  const telemetry = new PrometheusTelemetry({ countEvery: 0 });

  const read = async () => {
    page = await telemetry.registry.metrics();
    return samplesOf(page);
  };
  /** What is not 0 of the counters of these names. */
  const counted = async (...names: readonly string[]) => {
    const samples = [...(await read())].filter(
      ([name, value]) => value !== 0 && names.some((one) => name.startsWith(`nhs_${one}{`)),
    );
    return Object.fromEntries(samples.map(([name, value]) => [name.slice('nhs_'.length).replaceAll('"', ''), value]));
  };
  const client = async () => {
    const one = new ApiClient(host.url);
    expect((await one.login('ada', PASSWORD)).status).toBe(200);
    return one;
  };

  beforeAll(async () => {
    host = await startHostApp({ adapter, store, options: { telemetry: [telemetry], limit: { max: 2, policy: 'evict' } } });
    userId = host.accounts.add('ada', PASSWORD);
  });
  afterAll(() => host.close());

  it('begin with what may not happen, as 0', async () => {
    const samples = await read();
    expect(samples.get('nhs_alarms_total{alarm="refresh_reused"}')).toBe(0);
    expect(samples.get('nhs_password_checks_total{purpose="login",outcome="right"}')).toBe(0);
    expect(samples.get('nhs_sessions_active{channel="browser"}')).toBe(0);
    expect(samples.get('nhs_store_up')).toBe(1);
  });

  it('count logins, right and wrong', async () => {
    await client();
    expect((await new ApiClient(host.url).login('ada', 'wrong')).status).toBe(401);
    expect((await new Browser(host.url).login('ada', PASSWORD)).status).toBe(200);
    expect(await counted('password_checks_total', 'sessions_opened_total', 'sessions_active')).toEqual({
      'password_checks_total{purpose=login,outcome=right}': 2,
      'password_checks_total{purpose=login,outcome=wrong}': 1,
      'sessions_opened_total{channel=api}': 1,
      'sessions_opened_total{channel=browser}': 1,
      'sessions_active{channel=api}': 1,
      'sessions_active{channel=browser}': 1,
    });
  });

  it('count refreshes, repeated ones, and a theft, which is an alarm', async () => {
    const one = await client();
    const first = one.refreshToken;
    await one.refresh();
    one.refreshToken = first;
    await one.refresh(); // its answer was lost: the same successor again
    await one.send('GET', '/me');
    await one.refresh();
    host.clock.advance(minutes(1));
    await one.send('GET', '/me');
    host.clock.advance(minutes(1));
    one.refreshToken = first;
    expect((await one.refresh()).status).toBe(400);
    expect(await counted('refreshes_total', 'alarms_total', 'sessions_ended_total')).toEqual({
      'refreshes_total{outcome=rotated}': 2,
      'refreshes_total{outcome=replayed}': 1,
      'refreshes_total{outcome=reused}': 1,
      'alarms_total{alarm=refresh_reused}': 1,
      'sessions_ended_total{reason=reuse}': 1,
    });
  });

  it('count who had to go for a newer device', async () => {
    await client();
    await client();
    await client();
    expect(await counted('sessions_ended_total', 'sessions_active')).toEqual({
      'sessions_ended_total{reason=reuse}': 1,
      'sessions_ended_total{reason=evicted}': 2,
      'sessions_active{channel=api}': 2,
      'sessions_active{channel=browser}': 1,
    });
  });

  it('count refusals by their cause, and logouts', async () => {
    const browser = new Browser(host.url);
    await browser.login('ada', PASSWORD);
    await browser.send('POST', '/auth/logout', undefined, { 'X-CSRF-Token': 'wrong' });
    await browser.send('POST', '/auth/logout');
    expect((await browser.send('GET', '/me')).status).toBe(401);
    expect(await counted('refusals_total')).toMatchObject({ 'refusals_total{of=request,cause=csrf}': 1 });
    expect((await counted('sessions_ended_total'))['sessions_ended_total{reason=logout}']).toBe(1);
  });

  it('measure the calls of the store, and how late endings are heard', async () => {
    const samples = await read();
    const calls = (operation: string) =>
      samples.get(`nhs_store_call_duration_seconds_count{operation="${operation}",outcome="ok"}`);
    expect(calls('create')).toBe(7);
    expect(calls('rotate')).toBe(4);
    expect(samples.get('nhs_revocation_lag_seconds_count')).toBe(host.sessions.revocationLag().count);
    expect(host.sessions.revocationLag().count).toBeGreaterThan(0);
  });

  it('say that the store is down, and give no number of sessions then, and that it is up again', async () => {
    const one = await client();
    store.isDead = true;
    expect((await one.send('GET', '/me')).status).toBe(503);
    const down = await read();
    expect(down.get('nhs_store_up')).toBe(0);
    expect([...down.keys()].filter((name) => name.startsWith('nhs_sessions_active'))).toEqual([]);
    expect(down.get('nhs_store_call_duration_seconds_count{operation="find",outcome="unavailable"}')).toBe(1);
    store.isDead = false;
    expect((await one.send('GET', '/me')).status).toBe(200);
    expect((await read()).get('nhs_store_up')).toBe(1);
  });

  it('name nobody: no user, no session, no address, no credential', async () => {
    const one = await client();
    await read();
    const sessions = host.events.flatMap((event) => ('sessionId' in event && event.sessionId ? [event.sessionId] : []));
    const names = [...sessions, userId, 'ada', '127.0.0.1', one.refreshToken, one.accessToken, PASSWORD];
    for (const name of names) expect(page).not.toContain(name);
  });
});
