import { describe, expect, it } from '@jest/globals';
import { PERSON } from '../spec/client-under-test.js';
import { ManualClientClock, quiet } from '../spec/manual-client-clock.js';
import { API, json, problem, ScriptedApi, type SeenRequest } from '../spec/scripted-api.js';
import { RefusedError, UnavailableError, UnexpectedAnswerError } from './client-errors.js';
import { CookieClient } from './cookie-client.js';

/** A server with one browser, whose cookie it knows. */
function bench() {
  const api = new ScriptedApi();
  const clock = new ManualClientClock();
  const browser = { user: undefined as string | undefined, csrf: 'c1', cookie: 'good' as 'good' | 'dead' | 'none' };
  const refusal = (seen: SeenRequest) => {
    if (browser.cookie === 'none' || browser.user === undefined) return problem(401, 'not_authenticated');
    if (browser.cookie === 'dead') return problem(401, 'invalid_session');
    if (!['GET', 'HEAD', 'OPTIONS'].includes(seen.method) && seen.headers.get('x-csrf-token') !== browser.csrf)
      return problem(403, 'csrf_refused');
    return undefined;
  };
  const told = () => json(200, { user: { id: browser.user }, session: { id: 's1' }, csrfToken: browser.csrf });
  api.guarded = (seen, act) => refusal(seen) ?? act();
  api.routes.set('POST /auth/login', () => {
    Object.assign(browser, { user: 'ada', cookie: 'good' });
    return told();
  });
  api.routes.set('GET /auth/session', (seen) => api.guarded(seen, told));
  for (const path of ['reauthenticate', 'password']) {
    api.routes.set(`POST /auth/${path}`, (seen) =>
      api.guarded(seen, () => {
        browser.csrf += 'x';
        return told();
      }),
    );
  }
  api.routes.set('POST /auth/logout', (seen) =>
    api.guarded(seen, () => {
      browser.cookie = 'none';
      return new Response(null, { status: 204 });
    }),
  );
  const client = new CookieClient({ url: API, fetch: api.fetch, clock });
  const ends: string[] = [];
  client.onLoggedOut((reason) => void ends.push(reason));
  return { api, clock, browser, client, ends };
}

const signedIn = async () => {
  const made = bench();
  await made.client.login(PERSON);
  return made;
};
const csrfOf = (seen: readonly SeenRequest[]) => seen.map(({ headers }) => headers.get('x-csrf-token'));

describe('The CSRF token', () => {
  it('goes with unsafe methods, and with no other', async () => {
    const { api, client } = await signedIn();
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) await client.fetch('/x', { method });
    expect(csrfOf(api.seen.slice(1))).toEqual([null, null, null, 'c1', 'c1', 'c1', 'c1']);
    expect(api.seen.slice(1).map(({ credentials }) => credentials)).toEqual(Array(7).fill('include'));
  });

  it('goes to no other origin, and on no redirect', async () => {
    const { api, client } = await signedIn();
    await client.fetch('https://evil.example/x', { method: 'POST' });
    await client.fetch('/x', { method: 'POST' });
    const [foreign, own] = api.seen.slice(1);
    expect([foreign?.headers.has('x-csrf-token'), foreign?.credentials]).toEqual([false, undefined]);
    expect([own?.headers.has('x-csrf-token'), own?.redirect]).toEqual([true, 'manual']);
  });

  it('is asked for by a page that was just loaded, once for all that need it', async () => {
    const { api, browser, client } = bench();
    browser.user = 'ada';
    const answers = await Promise.all([1, 2, 3].map(() => client.fetch('/x', { method: 'POST' })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(api.to('GET /auth/session')).toHaveLength(1);
  });

  it('is a new one after the password was proven again', async () => {
    const { api, client } = await signedIn();
    await client.reauthenticate('correct horse');
    await client.fetch('/x', { method: 'POST' });
    await client.changePassword('correct horse', 'battery staple');
    await client.fetch('/x', { method: 'POST' });
    expect(csrfOf(api.to('POST /x'))).toEqual(['c1x', 'c1xx']);
  });

  it('is asked for anew where another tab has renewed the session, and the request is repeated with its body', async () => {
    const { api, browser, client } = await signedIn();
    browser.csrf = 'c2';
    expect((await client.fetch('/x', { method: 'POST', body: 'text' })).status).toBe(200);
    expect(csrfOf(api.to('POST /x'))).toEqual(['c1', 'c2']);
    expect(api.to('POST /x').map(({ body }) => body)).toEqual(['text', 'text']);
    browser.csrf = 'c3';
    await client.reauthenticate('correct horse');
    expect(csrfOf(api.to('POST /auth/reauthenticate'))).toEqual(['c2', 'c3']);
  });

  it('a stream is not repeated', async () => {
    const { api, browser, client } = await signedIn();
    browser.csrf = 'c2';
    const body = new Blob(['once']).stream();
    const streamed = { method: 'POST', body, duplex: 'half' as const };
    expect((await client.fetch('/x', streamed)).status).toBe(403);
    expect(api.to('POST /x')).toHaveLength(1);
  });

  it('another 403 is an answer like any other', async () => {
    const { api, client } = await signedIn();
    api.routes.set('POST /x', () => problem(403, 'forbidden'));
    expect((await client.fetch('/x', { method: 'POST' })).status).toBe(403);
    expect(api.to('GET /auth/session')).toEqual([]);
  });
});

describe('With a cookie, logged out is who the server says is logged out', () => {
  it.each(['dead', 'none'] as const)('the cookie is %s: told once to all who wait', async (cookie) => {
    const { browser, client, ends } = await signedIn();
    browser.cookie = cookie;
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.fetch('/x')));
    await quiet();
    expect([new Set(answers.map(({ status }) => status)), ends]).toEqual([new Set([401]), ['refused']]);
    expect(await client.session()).toBeUndefined();
    expect(ends).toEqual(['refused']);
  });

  it('a request that left with a cookie which another tab has replaced is repeated', async () => {
    const { api, client, ends } = await signedIn();
    api.troubles.set('GET /x', [problem(401, 'invalid_session')]);
    expect((await client.fetch('/x')).status).toBe(200);
    expect(ends).toEqual([]);
  });

  it('but what one person has begun is not done in the name of another', async () => {
    const { api, browser, client, ends } = await signedIn();
    Object.assign(browser, { user: 'bob', csrf: 'bobs' });
    expect((await client.fetch('/x', { method: 'POST', body: 'as ada' })).status).toBe(403);
    await quiet();
    expect([api.to('POST /x').length, ends]).toEqual([1, ['elsewhere']]);
    await expect(
      client.reauthenticate('correct horse').then(() => client.fetch('/x', { method: 'POST' })),
    ).resolves.toMatchObject({ status: 200 });
  });

  it('who was never logged in is not told that he is out', async () => {
    const { client, ends } = bench();
    expect([await client.session(), (await client.fetch('/x')).status]).toEqual([undefined, 401]);
    await quiet();
    expect(ends).toEqual([]);
  });

  it.each([
    ['a network fault', () => 'lost request' as const],
    ['503', () => new Response('', { status: 503 })],
    ['429', () => new Response('', { status: 429 })],
    ['401 of a proxy', () => new Response('<html>', { status: 401 })],
    ['200 of a captive portal', () => new Response('<html>', { status: 200 })],
  ])('%s is no logout', async (_, trouble) => {
    const { api, browser, client, ends } = await signedIn();
    browser.cookie = 'dead';
    api.troubles.set('GET /auth/session', [trouble()]);
    await expect(client.fetch('/x')).rejects.toMatchObject({ code: expect.stringMatching(/^(unavailable|unexpected_answer)$/) });
    expect(ends).toEqual([]);
  });

  it('a logout is one when the server has answered', async () => {
    const { api, client, ends } = await signedIn();
    api.troubles.set('POST /auth/logout', ['lost request', new Response('', { status: 503, headers: { 'Retry-After': '5' } })]);
    await expect(client.logout()).rejects.toThrow(UnavailableError);
    await expect(client.logout()).rejects.toMatchObject({ retryAfter: 5 });
    expect(ends).toEqual([]);
    await client.logout();
    await quiet();
    expect(ends).toEqual(['logout']);
  });

  it('tells who is logged in', async () => {
    const { client } = await signedIn();
    expect(await client.session()).toEqual({ user: { id: 'ada' }, session: { id: 's1' } });
  });

  it('a wrong password is a refusal with the code of the server', async () => {
    const { api, client } = bench();
    api.troubles.set('POST /auth/login', [problem(401, 'invalid_credentials'), new Response('<html>')]);
    await expect(client.login(PERSON)).rejects.toThrow(RefusedError);
    await expect(client.login(PERSON)).rejects.toThrow(UnexpectedAnswerError);
  });

  it('whoever aborts stops waiting for the token', async () => {
    const { api, browser, client, clock } = bench();
    browser.user = 'ada';
    api.troubles.set('GET /auth/session', ['silence']);
    const controller = new AbortController();
    const waiting = client.fetch('/x', { method: 'POST', signal: controller.signal });
    await quiet();
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await clock.through(client.session().catch(() => undefined));
    expect(api.to('POST /x')).toEqual([]);
  });
});
