import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemorySessionStore } from 'nestjs-hybrid-session';
import { TokenClient, type LoggedOutReason, type TokenClientOptions, type TokenStorage } from 'nestjs-hybrid-session-client';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { ADAPTERS, startHostApp, type HostApp } from './support/host-app.js';
import { SteppedClock } from './support/stepped-clock.js';

const LIFETIME = 300_000;
const SETTLE = 2_000;
const TIMEOUT = 1_000;

/** A storage that outlives the client, and can break off when it is told the tokens of a refresh. */
class Disk implements TokenStorage {
  readonly values = new Map<string, string>();
  crashes = false;

  getItem(name: string): string | undefined {
    return this.values.get(name);
  }

  setItem(name: string, value: string): void {
    if (this.crashes && !name.endsWith('.refreshing')) throw new Error('the process is gone');
    this.values.set(name, value);
  }

  removeItem(name: string): void {
    this.values.delete(name);
  }
}

describe.each(ADAPTERS)('P4 against a client in trouble, on %s', (adapter) => {
  let host: HostApp;

  beforeAll(async () => {
    host = await startHostApp({ adapter, store: new MemorySessionStore() });
    host.accounts.add('ada', 'correct horse');
  });
  afterAll(() => host.close());

  const start = (options: Partial<TokenClientOptions>) => {
    const client = new TokenClient({ url: host.url, timeout: 60_000, ...options });
    const ends: LoggedOutReason[] = [];
    client.onLoggedOut((reason) => void ends.push(reason));
    return { client, ends };
  };
  const refreshesSince = (mark: number) =>
    host.events.slice(mark).flatMap(({ type }) => (type.startsWith('refresh.') ? [type] : []));

  it.each([0, 60, 86_400 * 13])(
    'a crash between receiving the answer and storing it, and a new start %i seconds later, log nobody out',
    async (seconds) => {
      const [clock, disk] = [new SteppedClock(), new Disk()];
      const { client } = start({ clock, storage: disk });
      await client.login({ username: 'ada', password: 'correct horse' });
      const mark = host.events.length;
      clock.step(LIFETIME);
      disk.crashes = true;
      await expect(client.fetch('/me')).rejects.toMatchObject({ code: 'unavailable' });
      disk.crashes = false;
      clock.step(seconds * 1000);
      host.clock.advance(seconds * 1000);

      const next = start({ clock, storage: disk });
      expect((await next.client.fetch('/me')).status).toBe(200);
      clock.step(LIFETIME);
      expect((await next.client.fetch('/me')).status).toBe(200);
      expect([refreshesSince(mark), next.ends]).toEqual([['refresh.rotated', 'refresh.replayed', 'refresh.rotated'], []]);
    },
  );

  it('a refresh that arrives long after it was given up finds the session as it would have found it: the next one has waited', async () => {
    const moments = new EventEmitter();
    const waitedOrAnswered = Promise.race([once(moments, 'waited'), once(moments, 'answered')]);
    // the test decides when the client loses patience, and when it has waited long enough
    let giveUp = () => {};
    let goOn = () => {};
    const clock = new (class extends SteppedClock {
      override after(milliseconds: number, act: () => void): () => void {
        if (milliseconds === TIMEOUT) giveUp = act;
        else if (milliseconds === SETTLE) goOn = act;
        else return super.after(milliseconds, act);
        if (milliseconds === SETTLE) moments.emit('waited');
        return () => undefined;
      }
    })();
    let late = () => Promise.resolve(new Response());
    let isTokenRefused = false;
    let refreshes = 0;
    const { client, ends } = start({
      clock,
      timeout: TIMEOUT,
      settleTime: SETTLE,
      fetch: async (input, init) => {
        if (!JSON.stringify(input).endsWith('/oauth/token"')) {
          if (!isTokenRefused) return fetch(input, init);
          isTokenRefused = false;
          return new Response('', { status: 401, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } });
        }
        if (++refreshes === 1) {
          late = () => fetch(input, { ...init, signal: null });
          giveUp();
          throw new Error('given up');
        }
        const answer = await fetch(input, init);
        if (refreshes === 3) moments.emit('answered');
        return answer;
      },
    });
    await client.login({ username: 'ada', password: 'correct horse' });
    const mark = host.events.length;
    clock.step(LIFETIME);
    expect((await client.fetch('/me')).status).toBe(200); // the first attempt was given up, the second answered, and its token used
    isTokenRefused = true; // as by a service whose clock is ahead
    const next = client.fetch('/me');
    await waitedOrAnswered;
    expect((await late()).status).toBe(200);
    goOn();
    expect((await next).status).toBe(200);
    expect([refreshesSince(mark), ends]).toEqual([['refresh.rotated', 'refresh.replayed', 'refresh.rotated'], []]);
  });

  it('after the absolute end the server says so, and then the client does', async () => {
    const clock = new SteppedClock();
    const { client, ends } = start({ clock });
    await client.login({ username: 'ada', password: 'correct horse' });
    host.clock.advance(31 * 86_400_000);
    clock.step(31 * 86_400_000);
    expect((await client.fetch('/me')).status).toBe(401);
    expect(ends).toEqual(['refused']);
  });

  it('a session that was ended elsewhere is known at the next request, without waiting for an expiry', async () => {
    const { client, ends } = start({ clock: new SteppedClock() });
    await client.login({ username: 'ada', password: 'correct horse' });
    const { sub } = (await (await client.fetch('/me')).json()) as { sub: string };
    await host.sessions.revokeAll(sub);
    expect((await client.fetch('/me')).status).toBe(401);
    expect(ends).toEqual(['refused']);
  });

  it('a password proven again and changed gives new tokens, and the old ones are dead', async () => {
    const { client, ends } = start({ clock: new SteppedClock() });
    await client.login({ username: 'ada', password: 'correct horse' });
    await client.reauthenticate('correct horse');
    expect((await client.fetch('/sensitive', { method: 'POST' })).status).toBe(201);
    await client.changePassword('correct horse', 'battery staple');
    expect((await client.fetch('/me')).status).toBe(200);
    await client.changePassword('battery staple', 'correct horse');
    expect(ends).toEqual([]);
  });

  it('no header of ours follows a redirect to another origin', async () => {
    const foreign: string[] = [];
    const other = createServer((request, answer) => {
      foreign.push(request.url ?? '');
      answer.end();
    }).listen(0, '127.0.0.1');
    const way = createServer((_, answer) => {
      const address = other.address();
      const port = typeof address === 'object' ? address?.port : '';
      answer.writeHead(307, { Location: `http://127.0.0.1:${port}/stolen` }).end();
    }).listen(0, '127.0.0.1');
    await Promise.all([once(other, 'listening'), once(way, 'listening')]);
    const address = way.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const client = new TokenClient({ url });
    await expect(client.login({ username: 'ada', password: 'correct horse' })).rejects.toMatchObject({
      code: 'unexpected_answer',
    });
    expect((await client.fetch('/me', { headers: { Authorization: 'Bearer x' } })).status).toBe(307);
    expect(foreign).toEqual([]);
    for (const server of [way, other]) server.close();
  });
});
