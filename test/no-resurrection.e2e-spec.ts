import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InvalidSessionError, minutes, type IssuedSession, type SessionStore } from 'nestjs-hybrid-session';
import { ApiClient, send } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { atOnce, rounds } from './support/rounds.js';
import { PROPERTY_MATRIX, openStore, type OpenStore } from './support/stores.js';

describe.each(PROPERTY_MATRIX)('P3 no resurrection, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let store: SessionStore;
  let host: HostApp;
  let userId: string;

  beforeAll(async () => {
    opened = await openStore(storeName);
    store = opened.store;
    host = await startHostApp({ adapter, store, options: { limit: 'unlimited' } });
    userId = host.accounts.add('ada', 'correct horse');
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  const open = async (): Promise<IssuedSession> =>
    host.sessions.open({
      userId,
      principal: { username: 'ada', roles: [] },
      fence: await host.sessions.fence(userId),
      channel: 'api',
      client: { address: '127.0.0.1', userAgent: 'race' },
    });
  const tolerate = async (work: Promise<unknown>) => {
    await work.catch((error: unknown) => {
      if (!(error instanceof InvalidSessionError)) throw error;
    });
  };

  it('a slow request that writes its session after the logout does not bring it back', async () => {
    const { session, credentials } = await open();
    await host.sessions.revoke(session.id, 'logout');
    await expect(host.sessions.writeData(session, () => ({ late: true }))).rejects.toThrow(InvalidSessionError);
    await expect(host.sessions.reauthenticate(session, await host.sessions.fence(userId))).rejects.toThrow(InvalidSessionError);
    await store.touch(session.id, host.clock.now() + 1000);
    await store.used(session.id, 0, host.clock.now());
    expect(await store.find([session.id])).toEqual([undefined]);
    const token = credentials.channel === 'api' ? credentials.refreshToken : '';
    expect((await new ApiClient(host.url).refresh(token)).status).toBe(400);
  });

  it('races of touch, use, write, refresh and re-authentication against a revocation never leave a record', async () => {
    let late = 0;
    await rounds(storeName, async (round) => {
      const { session, credentials } = await open();
      if (credentials.channel !== 'api') throw new Error('an api session was opened');
      host.clock.advance(minutes(2)); // so that there is something to touch
      const fence = await host.sessions.fence(userId);
      const headers = { Authorization: `Bearer ${credentials.accessToken}` };
      let isEnding = false;
      const revoke = () => {
        isEnding = true;
        return host.sessions.revoke(session.id);
      };
      await atOnce<unknown>(
        round,
        () => (round % 2 === 0 ? revoke() : setTimeout(1 + (round % 3)).then(revoke)), // quicker than a request: by itself it would always be first
        () => {
          if (isEnding) late += 1;
          return store.touch(session.id, host.clock.now()); // by itself: a request touches nothing that another has renewed
        },
        () => store.used(session.id, 0, host.clock.now()),
        () => send(host.url, 'GET', '/me', { headers }),
        () => new ApiClient(host.url).refresh(credentials.refreshToken),
        () => tolerate(host.sessions.writeData(session, () => ({ round }))),
        () => tolerate(host.sessions.reauthenticate(session, fence)),
      );
      await host.sessions.settled();
      expect(await store.find([session.id])).toEqual([undefined]);
      expect(await host.sessions.list(userId)).toEqual([]);
      expect((await send(host.url, 'GET', '/me', { headers })).status).toBe(401);
    });
    expect(late).toBeGreaterThan(0); // touches that began after a revocation had
  });
});
