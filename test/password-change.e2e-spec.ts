import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, Browser } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { atOnce, rounds } from './support/rounds.js';
import { PROPERTY_MATRIX, openStore, type OpenStore } from './support/stores.js';

describe.each(PROPERTY_MATRIX)('P2 password change kills all, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  let names = 0;

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: opened.store, options: { limit: 'unlimited' } });
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  const newUser = () => {
    const username = `user-${names++}`;
    return { username, userId: host.accounts.add(username, 'old password') };
  };
  const change = { json: { currentPassword: 'old password', newPassword: 'new password' } };

  it('the session that made the change lives on with a new secret; its older credentials and all other sessions are dead', async () => {
    const { username } = newUser();
    const [mine, other] = [new Browser(host.url), new Browser(host.url)];
    const phone = new ApiClient(host.url);
    for (const one of [mine, other, phone]) expect((await one.login(username, 'old password')).status).toBe(200);
    const before = mine.at(host.url);

    const answer = await mine.send('POST', '/auth/password', change);
    expect(answer.status).toBe(200);
    expect(mine.cookie).not.toBe(before.cookie);
    expect((await mine.send('GET', '/auth/session')).status).toBe(200);
    expect((await mine.send('PATCH', '/me', { json: {} })).status).toBe(200);
    expect((await before.send('GET', '/auth/session')).status).toBe(401);
    expect((await other.send('GET', '/auth/session')).status).toBe(401);
    expect((await phone.send('GET', '/me')).status).toBe(401);
    expect((await phone.refresh()).status).toBe(400);
    expect((await new Browser(host.url).login(username, 'old password')).status).toBe(401);
    expect((await new Browser(host.url).login(username, 'new password')).status).toBe(200);
  });

  it('an API client that made the change goes on with its new pair; the old pair is dead and counts as no theft', async () => {
    const { username } = newUser();
    const mine = new ApiClient(host.url);
    await mine.login(username, 'old password');
    const before = mine.at(host.url);

    expect(mine.keep(await mine.send('POST', '/auth/password', change)).status).toBe(200);
    expect((await before.send('GET', '/me')).status).toBe(401);
    expect((await before.refresh()).status).toBe(400);
    expect((await mine.send('GET', '/me')).status).toBe(200);
    expect((await mine.refresh()).status).toBe(200);
  });

  it('a login that verified the old password before the change opens nothing after it', async () => {
    const { username, userId } = newUser();
    const mine = new Browser(host.url);
    await mine.login(username, 'old password');
    host.accounts.afterVerify = async () => {
      host.accounts.afterVerify = undefined; // the late login is caught right after its check of the old password
      expect((await mine.send('POST', '/auth/password', change)).status).toBe(200);
    };
    const late = new Browser(host.url);
    const answer = await late.login(username, 'old password');
    expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_credentials']);
    expect(late.cookie).toBe('');
    expect(await host.sessions.list(userId)).toHaveLength(1);
  });

  it('a re-authentication that verified the old password before the change renews nothing after it', async () => {
    const { username } = newUser();
    const [mine, other] = [new Browser(host.url), new Browser(host.url)];
    await mine.login(username, 'old password');
    await other.login(username, 'old password');
    host.accounts.afterVerify = async () => {
      host.accounts.afterVerify = undefined;
      expect((await mine.send('POST', '/auth/password', change)).status).toBe(200);
    };
    expect((await other.send('POST', '/auth/reauthenticate', { json: { password: 'old password' } })).status).toBe(401);
    expect((await other.send('GET', '/me')).status).toBe(401);
  });

  it('races of logins and re-authentications with the old password against the change leave only the changing session', async () => {
    let checks = 0;
    // Some are caught between the check and their session, for as long as a change takes.
    host.accounts.afterVerify = () => setTimeout(3 * (checks++ % 5));
    const racing = rounds(storeName, async (round) => {
      const { username, userId } = newUser();
      const [mine, other] = [new Browser(host.url), new Browser(host.url)];
      await Promise.all([mine.login(username, 'old password'), other.login(username, 'old password')]);
      const late = [new Browser(host.url), new Browser(host.url)];
      const phone = new ApiClient(host.url);
      await atOnce<unknown>(
        round,
        () => mine.send('POST', '/auth/password', change),
        ...late.map((one) => () => one.login(username, 'old password')),
        () => phone.login(username, 'old password'),
        () => other.send('POST', '/auth/reauthenticate', { json: { password: 'old password' } }),
      );
      expect((await mine.send('GET', '/me')).status).toBe(200);
      const losers = [...[...late, other].filter(({ cookie }) => cookie), ...[phone].filter(({ accessToken }) => accessToken)];
      const answers = await Promise.all(losers.map((one) => one.send('GET', '/me')));
      expect(answers.map(({ status }) => status)).toEqual(losers.map(() => 401));
      expect(await host.sessions.list(userId)).toHaveLength(1);
    });
    await racing.finally(() => (host.accounts.afterVerify = undefined));
  });
});
