import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { bench, PERSON, SharedStorage } from '../spec/client-under-test.js';
import { quiet } from '../spec/manual-client-clock.js';
import { API, json, problem } from '../spec/scripted-api.js';
import { RefusedError, UnavailableError, UnexpectedAnswerError } from './client-errors.js';

const signedIn = async (...given: Parameters<typeof bench>) => {
  const made = bench(...given);
  await made.client.login(PERSON);
  return made;
};

describe('Where the token goes', () => {
  it('goes with every request to the API', async () => {
    const { api, client } = await signedIn();
    expect((await client.fetch('/things')).status).toBe(200);
    expect((await client.fetch(new URL(`${API}/things?a=1`))).status).toBe(200);
    expect((await client.fetch(new Request(`${API}/things`, { headers: { Accept: 'text/plain' } }))).status).toBe(200);
    const seen = api.to('GET /things');
    expect(seen.map(({ headers }) => headers.get('authorization'))).toEqual(Array(3).fill('Bearer a0.1'));
    expect(seen[2]?.headers.get('accept')).toBe('text/plain');
  });

  it.each([
    'https://evil.example/things',
    'https://api.example.evil.example/things',
    'https://api.example@evil.example/things',
    'https://api.example:8443/things',
    'http://api.example/things',
    '//evil.example/things',
  ])('never goes to another origin: %s', async (url) => {
    const sent: (string | null)[] = [];
    const { api, client } = bench({
      fetch: async (input, init) => {
        if (input === `${API}/auth/token`) return api.fetch(input, init);
        sent.push(new Headers(init?.headers).get('authorization'));
        return new Response('');
      },
    });
    await client.login(PERSON);
    await client.fetch(url, { headers: { Accept: 'text/plain' } });
    await client.fetch(`${API}/things`);
    expect(sent).toEqual([null, 'Bearer a0.1']);
  });

  it('is in no address and no body of the application', async () => {
    const { api, client } = await signedIn();
    await client.fetch('/things', { method: 'POST', body: 'x' });
    for (const { url } of api.seen) expect(url).not.toMatch(/a0|r0/);
    expect(api.to('POST /things')[0]?.body).toBe('x');
  });

  it('is not shown by a client that is logged or serialised, nor by an error', async () => {
    const { api, client, clock } = await signedIn();
    await client.fetch('/things');
    api.troubles.set('POST /oauth/token', Array(5).fill('lost answer'));
    clock.advance(400_000);
    const error = await clock.through(client.fetch('/things').catch((cause: unknown) => cause));
    for (const shown of [
      inspect(client, { depth: 20, showHidden: true }),
      JSON.stringify(error),
      inspect(error, { depth: 20 }),
    ]) {
      expect(shown).not.toMatch(/a0\.1|"r0"|'r0'|correct horse/);
    }
    expect(error).toBeInstanceOf(UnavailableError);
  });

  it('redirects are not followed, whatever the caller left unsaid; the caller may ask for an error instead', async () => {
    const { api, client } = await signedIn();
    await client.fetch('/things');
    await client.fetch(new Request(`${API}/things`));
    await client.fetch('/things', { redirect: 'error' });
    expect(api.to('GET /things').map(({ redirect }) => redirect)).toEqual(['manual', 'manual', 'error']);
    expect(api.to('POST /auth/token')[0]?.redirect).toBe('manual');
  });

  it('a caller who brings an Authorization of his own is left alone', async () => {
    const { api, client } = await signedIn();
    expect((await client.fetch('/things', { headers: { Authorization: 'Bearer mine' } })).status).toBe(401);
    expect(api.refreshes).toEqual([]);
  });

  it('without a login a request goes out as it is', async () => {
    const { api, get } = bench();
    expect(await get()).toBe(401);
    expect(api.seen.map(({ headers }) => headers.has('authorization'))).toEqual([false]);
  });
});

describe('A 401', () => {
  it('invalid_token brings one refresh and one repetition, with its body', async () => {
    const { api, client } = await signedIn();
    api.accepted.clear();
    const bodies = ['text', new URLSearchParams({ a: 'b' }), new Blob(['blob']), new TextEncoder().encode('bytes')];
    for (const body of bodies) {
      api.accepted.clear();
      expect((await client.fetch('/things', { method: 'POST', body })).status).toBe(200);
    }
    expect(api.refreshes).toHaveLength(4);
    expect(api.to('POST /things').map(({ body }) => body)).toEqual([
      'text',
      'text',
      'a=b',
      'a=b',
      'blob',
      'blob',
      'bytes',
      'bytes',
    ]);
  });

  it('repeats a Request with its body, and leaves nothing of it behind', async () => {
    const { api, client } = await signedIn();
    api.accepted.clear();
    const request = new Request(`${API}/things`, { method: 'PUT', body: 'of a request' });
    expect((await client.fetch(request)).status).toBe(200);
    expect(api.to('PUT /things').map(({ body }) => body)).toEqual(['of a request', 'of a request']);
    expect(request.bodyUsed).toBe(true);
  });

  it('does not repeat a stream: the answer is the 401, and the next request has a good token', async () => {
    const { api, client, ends, get } = await signedIn();
    api.accepted.clear();
    const body = new Blob(['once']).stream();
    const streamed = { method: 'POST', body, duplex: 'half' as const };
    expect((await client.fetch('/things', streamed)).status).toBe(401);
    expect([api.to('POST /things').length, api.refreshes.length]).toEqual([1, 1]);
    expect(await get()).toBe(200);
    expect([api.refreshes.length, ends.length]).toEqual([1, 0]);
  });

  it('with another code, or without one, is an answer like any other', async () => {
    const { api, get } = await signedIn();
    const challenge = { 'WWW-Authenticate': 'Bearer error="insufficient_user_authentication", max_age="600"' };
    api.routes.set('GET /step-up', () => problem(401, 'insufficient_user_authentication', challenge));
    api.routes.set('GET /wrong', () => problem(401, 'invalid_credentials'));
    api.routes.set('GET /bare', () => new Response('no', { status: 401 }));
    for (const path of ['/step-up', '/wrong', '/bare']) expect(await get(path)).toBe(401);
    expect(api.refreshes).toEqual([]);
  });

  it('is known by its body where CORS hides the challenge', async () => {
    const { api, get } = await signedIn();
    const answers = [problem(401, 'invalid_token'), json(200, {})];
    api.routes.set('GET /things', () => answers.shift() ?? json(500, {}));
    expect(await get()).toBe(200);
    expect(api.refreshes).toHaveLength(1);
  });

  it('after a good refresh means: logged out, told once to all who wait', async () => {
    const { api, client, ends } = await signedIn();
    api.routes.set('GET /things', () => problem(401, 'invalid_token'));
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.fetch('/things')));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(401));
    await quiet();
    expect(ends).toEqual(['refused']);
    expect(api.refreshes).toHaveLength(1);
    expect(await client.isLoggedIn()).toBe(false);
  });

  it('is not taken for a logout while the refresh finds no server', async () => {
    const { api, client, clock, ends } = await signedIn();
    api.accepted.clear();
    api.troubles.set(
      'POST /oauth/token',
      Array.from({ length: 5 }, () => new Response('', { status: 503 })),
    );
    await expect(clock.through(client.fetch('/things'))).rejects.toThrow(UnavailableError);
    expect([ends.length, await client.isLoggedIn()]).toEqual([0, true]);
  });

  it('50 at once bring one refresh', async () => {
    const { api, client } = await signedIn();
    api.accepted.clear();
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch('/things')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(api.refreshes).toHaveLength(1);
  });

  it('what one person has begun is not done in the name of another who logged in meanwhile in another tab', async () => {
    const storage = new SharedStorage();
    const { api, client, tab, ends } = bench({ storage, random: Math.random });
    await client.login(PERSON);
    const other = tab();
    await other.client.login({ username: 'bob', password: 'x' });
    api.accepted.delete('a0.1');
    expect((await client.fetch('/things', { method: 'POST', body: 'as ada' })).status).toBe(401);
    expect(api.to('POST /things')).toHaveLength(1);
    await quiet();
    expect(ends).toEqual(['elsewhere']);
    expect(api.refreshes).toEqual([]);
  });
});

describe('Who aborts', () => {
  it('stops waiting, and the refresh goes on for the others', async () => {
    const { api, client, clock } = await signedIn();
    clock.advance(300_000);
    api.troubles.set('POST /oauth/token', ['silence']);
    const controller = new AbortController();
    const aborted = client.fetch('/things', { signal: controller.signal });
    const waiting = client.fetch('/things');
    await quiet();
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect((await clock.through(waiting)).status).toBe(200);
    expect(api.to('GET /things')).toHaveLength(1);
  });

  it('before the request has left, leaves no trace at the server', async () => {
    const { api, client } = await signedIn();
    const given = { signal: AbortSignal.abort(new Error('never')) };
    await expect(client.fetch('/things', given)).rejects.toThrow('never');
    await expect(client.fetch(new Request(`${API}/things`, given))).rejects.toThrow('never');
    expect(api.to('GET /things')).toEqual([]);
  });
});

describe('Login, renewal and logout', () => {
  it('a login that is refused says why, and what was there stays', async () => {
    const { api, client, ends, get } = await signedIn();
    api.troubles.set('POST /auth/token', [
      problem(401, 'invalid_credentials'),
      problem(429, 'too_many_attempts', { 'Retry-After': '30' }),
    ]);
    const wrong = await client.login(PERSON).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(RefusedError);
    expect(wrong).toMatchObject({ status: 401, reason: 'invalid_credentials', code: 'refused' });
    await expect(client.login(PERSON)).rejects.toMatchObject({ reason: 'too_many_attempts', retryAfter: 30 });
    expect(await get()).toBe(200);
    expect(ends).toEqual([]);
  });

  it('a login is never repeated by itself, and its fields are sent as they are', async () => {
    const { api, client } = bench({ clientId: 'app' });
    api.troubles.set('POST /auth/token', ['lost answer', new Response('', { status: 503, headers: { 'Retry-After': '7' } })]);
    await expect(client.login({ ...PERSON, device: 'phone' })).rejects.toThrow(UnavailableError);
    await expect(client.login(PERSON)).rejects.toMatchObject({ code: 'unavailable', retryAfter: 7 });
    expect(api.seen).toHaveLength(2);
    expect(JSON.parse(api.seen[0]?.body ?? '')).toEqual({ ...PERSON, device: 'phone', client_id: 'app' });
  });

  it('an answer that is none of this server is told as such', async () => {
    const { api, client } = bench();
    api.troubles.set('POST /auth/token', [new Response('<html>', { status: 200 }), new Response('', { status: 404 })]);
    await expect(client.login(PERSON)).rejects.toThrow(UnexpectedAnswerError);
    await expect(client.login(PERSON)).rejects.toThrow(UnexpectedAnswerError);
  });

  it('a renewed session goes on with its new tokens', async () => {
    const { api, client, ends, get } = await signedIn();
    await client.reauthenticate('correct horse');
    expect(await get()).toBe(200);
    await client.changePassword('correct horse', 'battery staple');
    expect(await get()).toBe(200);
    expect([api.refreshes.length, ends.length]).toEqual([0, 0]);
    expect(api.to('POST /auth/password')[0]?.headers.get('authorization')).toBe('Bearer a10.2');
  });

  it('a renewal with an access token that has run out refreshes first', async () => {
    const { api, client, clock } = await signedIn();
    api.accepted.clear();
    await clock.through(client.reauthenticate('correct horse'));
    expect(api.refreshes).toHaveLength(1);
  });

  it('a logout ends the session at the server, and then the tokens', async () => {
    const { api, client, ends, get } = await signedIn();
    await client.logout();
    expect(new URLSearchParams(api.to('POST /oauth/revoke')[0]?.body).get('token')).toBe('r0');
    await quiet();
    expect([ends, await client.isLoggedIn(), await get()]).toEqual([['logout'], false, 401]);
    await client.logout();
    expect(api.to('POST /oauth/revoke')).toHaveLength(1);
  });

  it('while the server is away nobody is told that he is logged out; he can leave the device all the same', async () => {
    const { api, client, ends } = await signedIn();
    api.troubles.set('POST /oauth/revoke', ['lost request', new Response('', { status: 503 })]);
    await expect(client.logout()).rejects.toThrow(UnavailableError);
    await expect(client.logout()).rejects.toThrow(UnavailableError);
    expect([ends.length, await client.isLoggedIn()]).toEqual([0, true]);
    await client.forget();
    await quiet();
    expect([ends, await client.isLoggedIn(), api.alive]).toEqual([['forgotten'], false, true]);
  });

  it('a logout waits for the refresh that is under way, and ends what that brought', async () => {
    const { api, client, clock } = await signedIn();
    clock.advance(300_000);
    const request = client.fetch('/things');
    const logout = client.logout();
    await clock.through(Promise.allSettled([request, logout]));
    expect(new URLSearchParams(api.to('POST /oauth/revoke')[0]?.body).get('token')).toBe('r1');
    expect(await client.isLoggedIn()).toBe(false);
  });

  it('a listener that is taken away hears nothing', async () => {
    const { client, ends } = await signedIn();
    const heard: string[] = [];
    client.onLoggedOut(() => heard.push('kept'));
    client.onLoggedOut(() => heard.push('removed'))();
    await client.logout();
    await quiet();
    expect([heard, ends]).toEqual([['kept'], ['logout']]);
  });

  it('a listener that throws harms neither the logout nor the others, and its error is not swallowed', async () => {
    const { client, clock } = await signedIn();
    const heard: string[] = [];
    client.onLoggedOut(() => {
      throw new Error('of the application');
    });
    client.onLoggedOut((reason) => heard.push(reason));
    await client.logout();
    expect(() => clock.advance(1)).toThrow('of the application');
    expect(heard).toEqual(['logout']);
  });
});
