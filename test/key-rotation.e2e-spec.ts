import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { TestAccounts } from './support/accounts.js';
import { ApiClient, textOf } from './support/clients.js';
import { signingKey, startHostApp, type HostApp } from './support/host-app.js';
import { RunningTraffic } from './support/running-traffic.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const key = () => randomBytes(32).toString('base64url');

describe.each(IN_TURN)('keys are changed on $adapter with $storeName', ({ adapter, storeName }) => {
  const [first, second, stranger] = [key(), key(), key()];
  let opened: OpenStore;
  let hosts: HostApp[];
  let shared: { clock: FakeClock; accounts: TestAccounts; signingKeys: readonly object[] };

  const start = (keys: readonly string[]) => {
    const { clock, accounts, signingKeys } = shared;
    const options = { keys, signingKeys: [...signingKeys], limit: 'unlimited' } as const;
    return startHostApp({ adapter, store: opened.store, clock, accounts, options });
  };
  const instance = (at: number): HostApp => {
    const host = hosts[at];
    if (!host) throw new Error(`There is no instance ${at}.`);
    return host;
  };
  /** One instance restarts with other keys, while everybody goes on at the other one. */
  const redeploy = async (at: number, keys: readonly string[], traffic: RunningTraffic) => {
    const other = instance(1 - at);
    await traffic.during([other.url], async () => {
      await instance(at).close();
      hosts[at] = await start(keys);
    });
    await traffic.logIn(instance(at).url);
    await traffic.round([other.url, instance(at).url, other.url]);
  };
  const refusals = (host: HostApp) =>
    host.events.flatMap((event) => (event.type === 'session.refused' ? [event.cause] : [])).sort();

  beforeEach(async () => {
    opened = await openStore(storeName);
    shared = { clock: new FakeClock(), accounts: new TestAccounts(), signingKeys: [await signingKey()] };
    shared.accounts.add('ada', 'correct horse');
    hosts = [await start([first]), await start([first])];
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    await opened.close();
  });

  it('second everywhere, promoted, and the old one dropped: nobody is refused, and only who still had the old one logs in again', async () => {
    const traffic = await RunningTraffic.begin(instance(0).url, 'ada', 'correct horse');
    for (const keys of [
      [first, second],
      [second, first],
    ])
      for (const at of [0, 1]) await redeploy(at, keys, traffic);
    expect(traffic.refused).toEqual([]);
    expect(traffic.answers).toBeGreaterThan(100);
    for (const host of hosts) expect(refusals(host)).toEqual([]);

    // Those who logged in at or before the first deployment of [second, first], and those after it.
    for (const at of [0, 1]) {
      await instance(at).close();
      hosts[at] = await start([second]);
    }
    const ofFirst = 3;
    const ofSecond = 2;
    expect(await traffic.statuses(instance(0).url)).toEqual([
      ...Array.from({ length: ofFirst }, () => [401, 401, 400]),
      ...Array.from({ length: ofSecond }, () => [200, 200, 200]),
    ]);
    const each = ['forged', 'forged', 'tampered']; // the cookie and the refresh token, whose key is gone; the access token, whose record opens nothing
    expect(refusals(instance(0))).toEqual(
      Array.from({ length: ofFirst }, () => each)
        .flat()
        .sort(),
    );
  });

  it('a session of the old key whose data were sealed again by the new one is refused like the others when that is dropped', async () => {
    const api = new ApiClient(instance(0).url);
    await api.login('ada', 'correct horse');
    const ada = textOf(await api.send('GET', '/me'), 'sub');
    await instance(0).close();
    hosts[0] = await start([second, first]);
    await instance(0).sessions.setPrincipal(ada, shared.accounts.setRoles(ada, ['editor']));
    expect((await api.at(instance(0).url).send('GET', '/me')).body).toMatchObject({ roles: ['editor'] });
    await instance(0).close();
    hosts[0] = await start([second]);
    expect((await api.at(instance(0).url).send('GET', '/me')).status).toBe(401);
    expect((await api.at(instance(0).url).refresh()).status).toBe(400);
    expect(refusals(instance(0))).toEqual(['forged', 'tampered']);
  });

  it('an instance with the wrong key refuses everything, tells it, ends nothing, and harms nobody', async () => {
    const traffic = await RunningTraffic.begin(instance(0).url, 'ada', 'correct horse');
    await instance(1).close();
    hosts[1] = await start([stranger]);
    expect(await traffic.statuses(instance(1).url)).toEqual([[401, 401, 400]]);
    expect(refusals(instance(1))).toEqual(['forged', 'forged', 'tampered']);
    expect(instance(1).events.filter(({ type }) => type === 'session.ended')).toEqual([]);
    await traffic.round([instance(0).url]);
    expect(traffic.refused).toEqual([]);
  });
});
