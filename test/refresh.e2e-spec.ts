import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hours, seconds } from 'nestjs-hybrid-session';
import { ApiClient } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { rounds } from './support/rounds.js';
import { PROPERTY_MATRIX, openStore, type OpenStore } from './support/stores.js';

describe.each(PROPERTY_MATRIX)('P4 and P5 refresh, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: opened.store, options: { limit: 'unlimited' } });
    host.accounts.add('ada', 'correct horse');
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  const signIn = async () => {
    const api = new ApiClient(host.url);
    expect((await api.login('ada', 'correct horse')).status).toBe(200);
    return api;
  };
  const typesSince = (mark: number) => host.events.slice(mark).map((event) => event.type);

  it('P4: 50 parallel refreshes with one token get one successor, and no one is logged out', async () => {
    const api = await signIn();
    const token = api.refreshToken;
    const answers = await Promise.all(Array.from({ length: 50 }, () => new ApiClient(host.url).refresh(token)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(200));
    expect(new Set(answers.map((answer) => answer.body['refresh_token'])).size).toBe(1);
    for (const answer of answers) {
      const access = String(answer.body['access_token']);
      expect((await api.send('GET', '/me', undefined, access)).status).toBe(200);
    }
  });

  it('P4: an hour later, its successor never used, the same token still gets the same successor', async () => {
    const api = await signIn();
    const token = api.refreshToken;
    const first = await new ApiClient(host.url).refresh(token);
    host.clock.advance(hours(1));
    const second = await new ApiClient(host.url).refresh(token);
    expect(second.status).toBe(200);
    expect(second.body['refresh_token']).toBe(first.body['refresh_token']);
  });

  it('P4: within the window after its successor was used, the same token still gets the same successor', async () => {
    const api = await signIn();
    const token = api.refreshToken;
    const first = await api.refresh();
    expect((await api.send('GET', '/me')).status).toBe(200);
    host.clock.advance(seconds(30));
    const second = await new ApiClient(host.url).refresh(token);
    expect([second.status, second.body['refresh_token']]).toEqual([200, first.body['refresh_token']]);
  });

  it('P5: more than a window after its successor was used, the same token ends the session, and the audit trail says so', async () => {
    const api = await signIn();
    const token = api.refreshToken;
    await api.refresh();
    expect((await api.send('GET', '/me')).status).toBe(200);
    await host.sessions.settled(); // the use is known
    host.clock.advance(seconds(31));
    const mark = host.events.length;

    const refused = await new ApiClient(host.url).refresh(token);
    expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_grant']);
    expect(typesSince(mark)).toEqual(['refresh.reused', 'session.ended']);
    expect(host.events.at(-1)).toMatchObject({ reason: 'reuse' });
    expect((await api.send('GET', '/me')).status).toBe(401);
    expect((await api.refresh()).status).toBe(400);
  });

  it('P5: the predecessor of a predecessor ends the session at once', async () => {
    const api = await signIn();
    const oldest = api.refreshToken;
    await api.refresh();
    await api.refresh();
    expect((await new ApiClient(host.url).refresh(oldest)).status).toBe(400);
    expect((await api.refresh()).status).toBe(400);
  });

  it('P5: a guess that was never issued, another spelling and another generation change nothing', async () => {
    const api = await signIn();
    const token = api.refreshToken;
    const [head = '', tail = '', generation = '', secret = ''] = token.split('.');
    const guess = `${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`;
    const forged = [
      `${head}.${tail}.${generation}.${guess}`,
      `${head}.${tail}.${Number(generation) + 1}.${secret}`,
      `${head}.${tail}.0${generation}.${secret}`,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      token.toUpperCase(),
      api.accessToken,
      token.replace('nhs_r_', 'nhs_c_'),
    ];
    for (const one of forged) {
      const answer = await new ApiClient(host.url).refresh(one);
      expect(answer.status).toBe(400);
    }
    expect((await api.refresh()).status).toBe(200);
  });

  it('races of refreshes and retries log no honest client out, and give every racer one successor', async () => {
    const api = await signIn();
    await rounds(storeName, async () => {
      const token = api.refreshToken;
      const answers = await Promise.all([1, 2, 3, 4].map(() => new ApiClient(host.url).refresh(token)));
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
      expect(new Set(answers.map((answer) => answer.body['refresh_token'])).size).toBe(1);
      for (const answer of answers) api.keep(answer);
    });
  });

  it('three generations in a row that each saw a replay are reported as suspected sharing', async () => {
    const api = await signIn();
    const mark = host.events.length;
    for (let i = 0; i < 3; i++) {
      const token = api.refreshToken;
      await api.refresh(token);
      await api.refresh(token);
    }
    expect(typesSince(mark).filter((type) => type === 'refresh.suspected_sharing')).toHaveLength(1);
    expect((await api.refresh()).status).toBe(200);
  });
});

describe('P5 with a window of 0', () => {
  it.each(PROPERTY_MATRIX)(
    'the predecessor is dead as soon as its successor is used, on $adapter with $storeName',
    async ({ adapter, storeName }) => {
      const opened = await openStore(storeName);
      const host = await startHostApp({ adapter, store: opened.store, options: { lifetimes: { refreshWindow: 0 } } });
      host.accounts.add('ada', 'correct horse');
      const api = new ApiClient(host.url);
      await api.login('ada', 'correct horse');
      const token = api.refreshToken;
      await api.refresh();
      expect((await new ApiClient(host.url).refresh(token)).status).toBe(200);
      expect((await api.send('GET', '/me')).status).toBe(200);
      expect((await new ApiClient(host.url).refresh(token)).status).toBe(400);
      expect((await api.send('GET', '/me')).status).toBe(401);
      await host.close();
      await opened.close();
    },
  );
});
