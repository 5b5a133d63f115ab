import { describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { bench, PERSON, SharedStorage } from '../../spec/client-under-test.js';
import { quiet } from '../../spec/manual-client-clock.js';
import { API } from '../../spec/scripted-api.js';
import { sleep } from '../client-clock.js';
import type { Locks } from './turn.js';

const signedIn = async (...given: Parameters<typeof bench>) => {
  const made = bench(...given);
  await made.client.login(PERSON);
  return made;
};
const NAME = `nestjs-hybrid-session ${API}/`;
const MARK = `${NAME}.refreshing`;
const authorizations = (api: { to(path: string): readonly { headers: Headers }[] }) =>
  api.to('GET /things').map(({ headers }) => headers.get('authorization'));

/** Grants every request at once, as if there were no other tab. */
const noLocks: Locks = { request: (_name, _options, work) => work() };

describe('When tokens are refreshed', () => {
  it('not before the last 30 seconds of their life', async () => {
    const { api, clock, get } = await signedIn();
    clock.advance(269_999);
    expect([await get(), api.refreshes.length]).toEqual([200, 0]);
    clock.advance(1);
    await get();
    await quiet();
    expect(api.refreshes).toHaveLength(1);
  });

  it('in the last fifth of a short life', async () => {
    const { api, clock, client, get } = bench();
    api.expiresIn = 60;
    await client.login(PERSON);
    clock.advance(47_999);
    await get();
    expect(api.refreshes).toHaveLength(0);
    clock.advance(1);
    await get();
    expect(api.refreshes).toHaveLength(1);
  });

  it('while the old token is still good, nobody waits for it, and nobody is harmed when it fails', async () => {
    const { api, clock, client, ends } = await signedIn();
    clock.advance(280_000);
    api.troubles.set('POST /oauth/token', Array(5).fill('lost request'));
    expect((await client.fetch('/things')).status).toBe(200);
    await clock.through(sleep(clock, 10_000));
    expect([(await client.fetch('/things')).status, ends.length]).toEqual([200, 0]);
    expect(authorizations(api)).toEqual(['Bearer a0.1', 'Bearer a0.1']);
    expect(api.refreshes.length).toBeGreaterThan(4);
  });

  it('a request that the old token cannot carry any more waits for the new one', async () => {
    const { api, clock, get } = await signedIn();
    clock.advance(295_000);
    expect(await get()).toBe(200);
    expect(authorizations(api)).toEqual(['Bearer a1.2']);
  });

  it('their life counts from when they were asked for, not from when they came', async () => {
    const { api, clock, client, get } = bench();
    const login = api.routes.get('POST /auth/token');
    api.routes.set('POST /auth/token', (seen) => {
      clock.advance(9_000);
      return login?.(seen) ?? new Response('');
    });
    await client.login(PERSON);
    clock.advance(261_000);
    await get();
    await quiet();
    expect(api.refreshes).toHaveLength(1);
  });

  it('also when the device slept, and when its clock was set back', async () => {
    const { api, clock, get } = await signedIn();
    clock.suspend(300_000);
    await get();
    expect(api.refreshes).toHaveLength(1);
    clock.setBack(86_400_000);
    await get();
    expect(api.refreshes).toHaveLength(1);
    clock.advance(300_000);
    await get();
    expect(api.refreshes).toHaveLength(2);
  });

  it('never ahead where the server does not say how long they live', async () => {
    const { api, clock, client, get } = bench();
    api.expiresIn = undefined;
    await client.login(PERSON);
    clock.advance(86_400_000);
    expect([await get(), api.refreshes.length]).toEqual([200, 0]);
    api.accepted.clear();
    expect([await get(), api.refreshes.length]).toEqual([200, 1]);
  });

  it('the device clock may be wrong by years: nothing compares it with the server', async () => {
    const { api, clock, get } = await signedIn();
    clock.setBack(86_400_000 * 4_000);
    expect([await get(), api.refreshes.length]).toEqual([200, 0]);
  });
});

describe('One refresh', () => {
  it('for 50 calls at once, also while the server is away: they share its attempts, and their end', async () => {
    const { api, clock, client } = await signedIn();
    clock.advance(300_000);
    api.troubles.set('POST /oauth/token', Array(5).fill('lost request'));
    const calls = Array.from({ length: 50 }, () => client.fetch('/things').catch((error: unknown) => error));
    const errors = await clock.through(Promise.all(calls));
    expect(errors).toEqual(Array(50).fill(expect.objectContaining({ code: 'unavailable' })));
    expect(api.refreshes).toHaveLength(5);
  });

  it('for 50 calls at once', async () => {
    const { api, clock, client } = await signedIn();
    clock.advance(300_000);
    const answers = await clock.through(Promise.all(Array.from({ length: 50 }, () => client.fetch('/things'))));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(api.refreshes).toHaveLength(1);
    expect(new Set(authorizations(api))).toEqual(new Set(['Bearer a1.2']));
  });

  it('for four tabs that share a storage, which all go on with what it brought', async () => {
    const storage = new SharedStorage();
    const { api, clock, client, tab } = await signedIn({ storage, random: Math.random });
    const tabs = [client, ...[1, 2, 3].map(() => tab().client)];
    for (let expiry = 1; expiry <= 5; expiry++) {
      clock.advance(300_000);
      const answers = await clock.through(Promise.all(tabs.flatMap((one) => [one.fetch('/things'), one.fetch('/things')])));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      expect(api.refreshes).toHaveLength(expiry);
    }
  });

  it('tabs without a common lock agree by the storage, and no tab puts older tokens over newer ones', async () => {
    const storage = new SharedStorage();
    const { api, clock, client, tab, ends } = await signedIn({ storage, random: Math.random, locks: noLocks, settleTime: 1_000 });
    const second = tab();
    expect((await second.client.fetch('/things')).status).toBe(200);
    clock.advance(300_000);
    const answers = await clock.through(Promise.all([client.fetch('/things'), second.client.fetch('/things')]));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(JSON.parse(storage.values.get(NAME) ?? '')).toMatchObject({ refreshToken: 'r1' });
    expect([ends, second.ends]).toEqual([[], []]);
    expect(api.generation).toBe(1);
  });

  it('an answer that comes late does not put older tokens over those that another tab has stored since', async () => {
    const storage = new SharedStorage();
    const { api, clock, client, tab } = await signedIn({ storage, random: Math.random, locks: noLocks });
    const moment = new EventEmitter();
    const late = once(moment, 'answer');
    const slow = tab({
      fetch: async (input, init) => {
        const answer = await api.fetch(input, init);
        if (input === `${API}/oauth/token`) await late;
        return answer;
      },
    });
    clock.advance(300_000);
    const waiting = slow.client.fetch('/things');
    await clock.through(client.fetch('/things'));
    clock.advance(300_000);
    await clock.through(client.fetch('/things'));
    moment.emit('answer');
    expect((await waiting).status).toBe(200);
    expect(JSON.parse(storage.values.get(NAME) ?? '')).toMatchObject({ refreshToken: 'r2' });
    expect(authorizations(api).at(-1)).toMatch(/^Bearer a2/);
  });

  it('a tab that hangs with the turn in hand holds the others up for half a minute, and no longer', async () => {
    const storage = new SharedStorage();
    const { api, clock, tab } = await signedIn({ storage, random: Math.random });
    const hung: Locks = {
      request: (_name, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up')))),
    };
    const { client } = tab({ locks: hung });
    clock.advance(300_000);
    const before = clock.monotonic();
    expect((await clock.through(client.fetch('/things'))).status).toBe(200);
    expect(clock.monotonic() - before).toBe(30_000);
    // who went ahead may not have been alone: the next refresh leaves an older request its time
    expect(JSON.parse(storage.values.get(NAME) ?? '').settledAt).toBe(clock.wall() + 30_000);
    expect(api.refreshes).toHaveLength(1);
  });
});

describe('What P4 assumes of a client', () => {
  it('new tokens are stored before they are used', async () => {
    const storage = new SharedStorage();
    const { api, clock, get } = await signedIn({ storage });
    storage.log.length = 0;
    api.routes.set('GET /things', (seen) => {
      storage.log.push(`used ${seen.headers.get('authorization')}`);
      return new Response('');
    });
    clock.advance(300_000);
    await get();
    expect(storage.log).toEqual([`set ${MARK}`, `set ${NAME}`, 'used Bearer a1.2']);
  });

  it('tokens that could not be stored are not used, and asked for again', async () => {
    const storage = new SharedStorage();
    const { api, clock, client, get, ends } = await signedIn({ storage });
    storage.beforeSet = (name) => {
      if (name === NAME) throw new Error('disk full');
    };
    clock.advance(300_000);
    const error = await clock.through(client.fetch('/things').catch((cause: unknown) => cause));
    expect(error).toMatchObject({ code: 'unavailable', cause: expect.objectContaining({ message: 'disk full' }) });
    expect(api.to('GET /things')).toEqual([]);
    storage.beforeSet = () => undefined;
    expect(await get()).toBe(200);
    expect(api.refreshes.map(({ body }) => new URLSearchParams(body).get('refresh_token'))).toEqual(['r0', 'r0']);
    expect([api.generation, ends.length]).toEqual([1, 0]);
  });

  it('a crash between answer and storage costs nothing: the next start sends the same token and gets the same successor', async () => {
    const storage = new SharedStorage();
    const { api, clock, client, tab } = await signedIn({ storage, random: Math.random });
    storage.beforeSet = (name) => {
      if (name === NAME) throw new Error('the process is gone');
    };
    clock.advance(300_000);
    await clock.through(client.fetch('/things').catch(() => undefined));
    storage.beforeSet = () => undefined;
    const next = tab();
    expect((await clock.through(next.client.fetch('/things'))).status).toBe(200);
    expect([api.generation, next.ends.length]).toEqual([1, 0]);
    expect(storage.values.has(MARK)).toBe(false);
    // the request of the crashed process may still be under way
    expect(JSON.parse(storage.values.get(NAME) ?? '').settledAt).toBe(clock.wall() + 30_000);
  });

  it('after a lost answer the next refresh waits until the older request cannot arrive any more', async () => {
    const { api, clock, client, get } = await signedIn();
    api.troubles.set('POST /oauth/token', ['lost answer']);
    clock.advance(300_000);
    expect(await get()).toBe(200);
    const lostUntil = clock.monotonic() + 30_000;
    api.accepted.clear();
    expect((await clock.through(client.fetch('/things'))).status).toBe(200);
    expect(clock.monotonic()).toBe(lostUntil);
    expect(api.refreshes).toHaveLength(3);
  });

  it('after an answer that came at once the next refresh waits for nothing', async () => {
    const { api, clock, get } = await signedIn();
    clock.advance(300_000);
    await get();
    const before = clock.monotonic();
    api.accepted.clear();
    expect(await get()).toBe(200);
    expect([clock.monotonic() - before, api.refreshes.length]).toEqual([0, 2]);
  });
});

describe('The server has the last word', () => {
  it('invalid_grant ends the login, is told once, and clears the storage', async () => {
    const storage = new SharedStorage();
    const { api, clock, client, ends } = await signedIn({ storage });
    api.revoke();
    clock.advance(300_000);
    const answers = await clock.through(Promise.all([1, 2, 3].map(() => client.fetch('/things'))));
    await quiet();
    expect([answers.map(({ status }) => status), ends]).toEqual([[401, 401, 401], ['refused']]);
    expect([...storage.values]).toEqual([]);
  });

  it('but not where another tab has renewed the session meanwhile', async () => {
    const storage = new SharedStorage();
    const { clock, client, tab, ends } = await signedIn({ storage, random: Math.random, locks: noLocks });
    const other = tab();
    clock.advance(300_000);
    await clock.through(other.client.reauthenticate('correct horse'));
    expect((await clock.through(client.fetch('/things'))).status).toBe(200);
    expect([ends, other.ends]).toEqual([[], []]);
  });

  it('nor where it did so while the refused refresh was on its way', async () => {
    const storage = new SharedStorage();
    const { api, clock, client, tab } = await signedIn({ storage, random: Math.random, locks: noLocks });
    const moment = new EventEmitter();
    const held = once(moment, 'go');
    const slow = tab({
      fetch: async (input, init) => {
        if (input === `${API}/oauth/token`) await held;
        return api.fetch(input, init);
      },
    });
    expect((await slow.client.fetch('/things')).status).toBe(200);
    clock.advance(300_000);
    const waiting = slow.client.fetch('/things');
    await quiet();
    api.accepted.add('a0.1');
    await clock.through(client.reauthenticate('correct horse'));
    moment.emit('go');
    expect((await clock.through(waiting)).status).toBe(200);
    expect(slow.ends).toEqual([]);
  });

  it('tokens that another tab has stored and the server refuses get one refresh before they count as logged out', async () => {
    const storage = new SharedStorage();
    const { api, client, tab, ends } = await signedIn({ storage, random: Math.random });
    const other = tab();
    api.accepted.clear();
    expect((await other.client.fetch('/things')).status).toBe(200);
    api.accepted.clear();
    expect((await client.fetch('/things')).status).toBe(200);
    expect([api.refreshes.length, ends.length]).toEqual([2, 0]);
  });

  it('so do tokens that another request has brought meanwhile', async () => {
    const { api, client, ends } = await signedIn();
    const moment = new EventEmitter();
    const late = once(moment, 'answer');
    api.routes.set('GET /slow', async (seen) => {
      if (seen.headers.get('authorization') === 'Bearer a0.1') await late;
      return api.guarded(seen, () => new Response(''));
    });
    const slow = client.fetch('/slow');
    api.accepted.clear();
    expect((await client.fetch('/things')).status).toBe(200);
    api.accepted.clear();
    moment.emit('answer');
    expect((await slow).status).toBe(200);
    expect([api.refreshes.length, ends.length]).toEqual([2, 0]);
  });

  it('a logout in one tab is known to the others at their next refused request', async () => {
    const storage = new SharedStorage();
    const { client, tab } = await signedIn({ storage, random: Math.random });
    const other = tab();
    expect((await other.client.fetch('/things')).status).toBe(200);
    await client.logout();
    expect((await other.client.fetch('/things')).status).toBe(401);
    await quiet();
    expect(other.ends).toEqual(['elsewhere']);
  });

  it.each([
    ['a network fault', () => 'lost request' as const],
    ['no answer at all', () => 'silence' as const],
    ['500', () => new Response('', { status: 500 })],
    ['502 from a gateway', () => new Response('<html>', { status: 502 })],
    ['503', () => new Response('', { status: 503 })],
    ['503 that speaks of invalid_grant', () => new Response('{"error":"invalid_grant"}', { status: 503 })],
    ['429', () => new Response('', { status: 429 })],
    ['200 of a captive portal', () => new Response('<html>Welcome', { status: 200 })],
    [
      'a redirect of a captive portal',
      () => new Response(null, { status: 302, headers: { Location: 'https://portal.example' } }),
    ],
    ['200 cut off in the middle', () => new Response('{"access_token":"a1', { status: 200 })],
  ])('%s never logs out, and is tried again', async (_, trouble) => {
    const { api, clock, get, ends } = await signedIn();
    clock.advance(300_000);
    api.troubles.set('POST /oauth/token', [trouble(), trouble(), trouble(), trouble()]);
    expect(await get()).toBe(200);
    expect([api.refreshes.length, ends.length]).toEqual([5, 0]);
  });

  it.each([
    ['404', () => new Response('', { status: 404 })],
    ['400 without invalid_grant', () => new Response('{"error":"invalid_request"}', { status: 400 })],
    ['401 invalid_client', () => new Response('{"error":"invalid_client"}', { status: 401 })],
    ['403 of a firewall', () => new Response('<html>', { status: 403 })],
  ])('%s is told to the caller, does not log out, and is not tried again', async (_, trouble) => {
    const { api, clock, client, ends } = await signedIn();
    clock.advance(300_000);
    api.troubles.set('POST /oauth/token', [trouble()]);
    await expect(clock.through(client.fetch('/things'))).rejects.toThrow(/oauth\/token|The server answered/);
    expect([api.refreshes.length, ends.length, await client.isLoggedIn()]).toEqual([1, 0, true]);
  });
});

describe('The storage', () => {
  it('keeps a login over a restart, with its age', async () => {
    const storage = new SharedStorage();
    const { api, clock, tab } = await signedIn({ storage });
    clock.advance(269_000);
    const next = tab().client;
    expect((await next.fetch('/things')).status).toBe(200);
    expect(api.refreshes).toHaveLength(0);
    clock.advance(30_000);
    expect((await clock.through(next.fetch('/things'))).status).toBe(200);
    expect(api.refreshes).toHaveLength(1);
  });

  it('tokens of unknown age, because the clock went back while nobody looked, are refreshed', async () => {
    const storage = new SharedStorage();
    const { api, clock, tab } = await signedIn({ storage });
    clock.setBack(1_000);
    expect((await clock.through(tab().client.fetch('/things'))).status).toBe(200);
    expect(api.refreshes).toHaveLength(1);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"login":"x"}',
    '{"login":"x","accessToken":"a","refreshToken":"r","scheme":"Basic","lifetime":1,"askedAt":1,"settledAt":0}',
  ])('what this client has not written is nothing: %s', async (text) => {
    const storage = new SharedStorage();
    storage.values.set(NAME, text);
    const { client, get } = bench({ storage });
    expect([await client.isLoggedIn(), await get()]).toEqual([false, 401]);
  });

  it('that fails is no logout', async () => {
    const storage = new SharedStorage();
    const { client, ends, tab } = await signedIn({ storage });
    storage.getItem = () => Promise.reject(new Error('locked'));
    await expect(tab().client.fetch('/things')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(client.isLoggedIn()).rejects.toThrow('The token storage failed');
    expect(ends).toEqual([]);
  });

  it('two clients in one process, each with its own memory, know nothing of each other', async () => {
    const { api, clock, client, tab } = await signedIn();
    const other = tab().client;
    expect(await other.isLoggedIn()).toBe(false);
    clock.advance(300_000);
    await clock.through(client.fetch('/things'));
    expect([api.refreshes.length, await other.isLoggedIn()]).toEqual([1, false]);

    await other.login(PERSON);
    clock.advance(300_000);
    api.troubles.set('POST /oauth/token', ['silence']);
    const hanging = client.fetch('/things').catch(() => undefined);
    await quiet();
    const before = clock.monotonic();
    await other.reauthenticate('correct horse').catch(() => undefined); // needs the turn
    expect(clock.monotonic()).toBe(before);
    await clock.through(hanging);
  });
});
