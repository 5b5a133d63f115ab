import { describe, expect, it } from '@jest/globals';
import { bench, PERSON } from '../../spec/client-under-test.js';

const expired = async () => {
  const made = bench();
  await made.client.login(PERSON);
  made.clock.advance(300_000);
  return made;
};
const busy = (status: number, retryAfter: string) => new Response('', { status, headers: { 'Retry-After': retryAfter } });

describe('Retries of a refresh', () => {
  it('send the same token, at growing distances, five times at most', async () => {
    const { api, clock, client } = await expired();
    const times: number[] = [];
    api.routes.set('POST /oauth/token', () => {
      times.push(clock.monotonic());
      throw new TypeError('fetch failed');
    });
    const error: unknown = await clock.through(client.fetch('/things').catch((cause: unknown) => cause));
    expect(error).toMatchObject({ code: 'unavailable', cause: expect.objectContaining({ code: 'unavailable' }) });
    expect(times.slice(1).map((time, i) => time - (times[i] ?? 0))).toEqual([187.5, 375, 750, 1500]);
    expect(new Set(api.refreshes.map(({ body }) => body)).size).toBe(1);
  });

  it('give up an attempt after ten seconds of silence', async () => {
    const { api, clock, get } = await expired();
    api.troubles.set('POST /oauth/token', ['silence']);
    const before = clock.monotonic();
    expect(await get()).toBe(200);
    expect(clock.monotonic() - before).toBe(10_000 + 187.5);
  });

  it.each([429, 503])('wait as long as a %i asks', async (status) => {
    const { api, clock, get, ends } = await expired();
    api.troubles.set('POST /oauth/token', [busy(status, '20')]);
    const before = clock.monotonic();
    expect(await get()).toBe(200);
    expect(clock.monotonic() - before).toBe(20_000);
    expect(ends).toEqual([]);
  });

  it('do not hold a request up for longer than half a minute, and leave the server alone until then', async () => {
    const { api, clock, client, get, ends } = await expired();
    api.troubles.set('POST /oauth/token', [busy(503, '120')]);
    await expect(clock.through(client.fetch('/things'))).rejects.toMatchObject({ code: 'unavailable', retryAfter: 120 });
    clock.advance(60_000);
    await expect(clock.through(client.fetch('/things'))).rejects.toMatchObject({ code: 'unavailable', retryAfter: 60 });
    expect(api.refreshes).toHaveLength(1);
    clock.advance(60_000);
    expect([await get(), api.refreshes.length, ends.length]).toEqual([200, 2, 0]);
  });
});
