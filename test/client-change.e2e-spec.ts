import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hours, minutes, SessionService, type SessionEvent, type SessionModuleOptions } from 'nestjs-hybrid-session';
import { send, textOf, type Answer } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const PASSWORD = 'correct horse';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PHONE = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36';
const HOME = '192.0.2.1';
const BERLIN = { latitude: 52.52, longitude: 13.405 };
const HAMBURG = { latitude: 53.55, longitude: 9.99 };
const SYDNEY = { latitude: -33.87, longitude: 151.21 };
const PLACES = new Map([
  [HOME, BERLIN],
  ['198.51.100.1', HAMBURG],
  ['203.0.113.1', SYDNEY],
]);

/** Somebody who presents a session: the owner, or whoever has a copy of it. */
interface Presenter {
  readonly address?: string;
  readonly agent?: string;
}

describe.each(IN_TURN)('A stolen session, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  const url = () => host.url;

  const start = async (options: Partial<SessionModuleOptions>) => {
    host = await startHostApp({ adapter, store: opened.store, trustProxy: true, options });
    host.accounts.add('ada', PASSWORD);
  };
  beforeEach(async () => {
    opened = await openStore(storeName);
  });
  afterEach(async () => {
    await host.close();
    await opened.close();
  });

  const headersOf = ({ address = HOME, agent = FIREFOX }: Presenter) => ({ 'X-Forwarded-For': address, 'User-Agent': agent });
  const json = { username: 'ada', password: PASSWORD };

  /** Signs in, and answers a way to present what was given. */
  async function signIn(channel: 'browser' | 'api', owner: Presenter = {}) {
    const door = channel === 'browser' ? '/auth/login' : '/auth/token';
    const login = await send(url(), 'POST', door, { body: { json }, headers: headersOf(owner) });
    expect(login.status).toBe(200);
    const secrets = { csrf: '', credential: '', refresh: '' };
    const keep = (answer: Answer) => {
      const [cookie] = answer.headers.getSetCookie().flatMap((line) => /^__Host-sid=[^;]+/.exec(line)?.[0] ?? []);
      if (cookie) Object.assign(secrets, { credential: cookie, csrf: textOf(answer, 'csrfToken') });
      if ('refresh_token' in answer.body)
        Object.assign(secrets, { credential: textOf(answer, 'access_token'), refresh: textOf(answer, 'refresh_token') });
      return answer;
    };
    keep(login);
    return async (method: string, path: string, by: Presenter = {}, body: object = {}) => {
      const own: Record<string, string> =
        channel === 'browser'
          ? { Cookie: secrets.credential, 'X-CSRF-Token': secrets.csrf }
          : { Authorization: `Bearer ${secrets.credential}` };
      const form = { grant_type: 'refresh_token', refresh_token: secrets.refresh };
      const sent = path === '/oauth/token' ? { form } : { json: body };
      const given = method === 'GET' ? {} : { body: sent };
      return keep(await send(url(), method, path, { headers: { ...own, ...headersOf(by) }, ...given }));
    };
  }
  const told = (): readonly SessionEvent[] => host.events.filter(({ type }) => type === 'client.changed');
  const thief = { address: '203.0.113.1', agent: PHONE };
  const channels = ['browser', 'api'] as const;

  it.each(channels)(
    'is told by default, once, when another kind of program presents it; nobody is logged out (%s)',
    async (channel) => {
      await start({});
      const ask = await signIn(channel);
      for (let i = 0; i < 3; i += 1) expect((await ask('GET', '/me', thief)).status).toBe(200);
      expect(told()).toEqual([
        expect.objectContaining({ signal: 'userAgent', policy: 'report', address: thief.address, device: 'Chrome on Android' }),
      ]);
      expect((await ask('GET', '/me')).status).toBe(200);
    },
  );

  it.each(channels)('is ended where that was chosen, for the thief and for the owner (%s)', async (channel) => {
    await start({ onClientChange: { userAgent: 'end' } });
    const ask = await signIn(channel);
    expect((await ask('GET', '/me')).status).toBe(200);
    expect((await ask('GET', '/me', { agent: PHONE })).status).toBe(401);
    expect((await ask('GET', '/me')).status).toBe(401);
    expect(host.events.at(-2)).toMatchObject({ type: 'session.ended', reason: 'client_changed' });
  });

  it.each(channels)('must prove the password where that was chosen; its owner goes on undisturbed (%s)', async (channel) => {
    await start({ onClientChange: { userAgent: 'stepUp', network: 'stepUp' } });
    const ask = await signIn(channel);
    for (const path of ['/me', '/auth/sessions']) {
      const refused = await ask('GET', path, thief);
      expect([refused.status, refused.body['code'], refused.body['max_age']]).toEqual([
        401,
        'insufficient_user_authentication',
        0,
      ]);
    }
    expect((await ask('POST', '/auth/reauthenticate', thief, { password: 'a guess' })).status).toBe(401);
    expect((await ask('POST', '/auth/password', thief, { currentPassword: PASSWORD, newPassword: 'stolen horse' })).status).toBe(
      401,
    );
    // a page's way to a token, and an app's; what is refused there rotates nothing
    const [door, status] = channel === 'browser' ? (['/auth/session/token', 401] as const) : (['/oauth/token', 400] as const);
    expect((await ask('POST', door, thief)).status).toBe(status);
    expect((await ask('GET', '/me')).status).toBe(200);
    expect((await ask('POST', door)).status).toBe(200);
    expect(told().map((event) => 'signal' in event && event.signal)).toEqual(['userAgent', 'network']);
  });

  it.each(channels)(
    'goes on from the new client of an owner who proves the password there, and no more from the old (%s)',
    async (channel) => {
      await start({ onClientChange: { userAgent: 'stepUp', network: 'stepUp' } });
      const ask = await signIn(channel);
      const abroad = { address: '198.51.100.1' };
      expect((await ask('GET', '/me', abroad)).status).toBe(401);
      const forCsrfToken = await ask('GET', '/auth/session', abroad);
      expect(forCsrfToken.status).toBe(channel === 'browser' ? 200 : 401);
      expect((await ask('POST', '/auth/reauthenticate', abroad, { password: PASSWORD })).status).toBe(200);
      expect((await ask('GET', '/me', abroad)).status).toBe(200);
      expect((await ask('GET', '/me')).status).toBe(401);
    },
  );

  it.each(channels)('can always be logged out by whoever has it (%s)', async (channel) => {
    await start({ onClientChange: { userAgent: 'stepUp', network: 'stepUp' } });
    const ask = await signIn(channel);
    expect((await ask('POST', '/auth/logout', thief)).status).toBe(204);
    expect((await ask('GET', '/me')).status).toBe(401);
  });

  it('is not what an updated browser or a phone that changes cells looks like', async () => {
    await start({ onClientChange: { userAgent: 'end', network: 'ignore' } });
    const ask = await signIn('browser', { agent: PHONE, address: '2001:db8:1:2::1' });
    const newer = PHONE.replace('141.0', '142.0');
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:ffff::9', '198.51.100.7', '10.0.0.1', '::ffff:203.0.113.9']) {
      expect((await ask('GET', '/me', { agent: newer, address })).status).toBe(200);
    }
    expect(told()).toEqual([]);
  });

  it('from another network is told where that was chosen: IPv4 by /24, IPv6 by /48', async () => {
    await start({ onClientChange: { network: 'report' } });
    const ask = await signIn('browser');
    for (const address of ['192.0.2.200', '::ffff:192.0.2.7', '192.0.3.1', '192.0.3.2', '2001:db8:1::1', '2001:db8:1:2::1']) {
      expect((await ask('GET', '/me', { address })).status).toBe(200);
    }
    expect(told().map((event) => 'address' in event && event.address)).toEqual(['192.0.3.1', '2001:db8:1::1']);
  });

  it('that is used farther away than anyone travels is found; a journey that takes its time is followed', async () => {
    await start({ onClientChange: { travel: 'end' }, locate: (address) => PLACES.get(address) });
    const ask = await signIn('browser');
    host.clock.advance(minutes(10));
    expect((await ask('GET', '/me', { address: '198.51.100.1' })).status).toBe(200); // 255 km, within what is forgiven
    await host.app.get(SessionService).settled();
    for (let i = 0; i < 4; i += 1) {
      host.clock.advance(minutes(29));
      expect((await ask('GET', '/me', { address: '198.51.100.1' })).status).toBe(200);
      await host.app.get(SessionService).settled();
    }
    expect(told()).toEqual([]);
    expect((await ask('GET', '/me', { address: '203.0.113.1' })).status).toBe(401);
    expect(told()).toEqual([expect.objectContaining({ signal: 'travel', policy: 'end', address: '203.0.113.1' })]);
    expect((await ask('GET', '/me', { address: '198.51.100.1' })).status).toBe(401);
  });

  it('after a long flight is the owner’s own, and the next journey begins where that one ended', async () => {
    const lifetimes = { browser: { idle: hours(48), absolute: hours(96) } };
    await start({ onClientChange: { travel: 'end' }, locate: (address) => PLACES.get(address), lifetimes });
    const ask = await signIn('browser');
    host.clock.advance(hours(24));
    expect((await ask('GET', '/me', { address: '203.0.113.1' })).status).toBe(200);
    await host.app.get(SessionService).settled();
    expect((await ask('GET', '/me')).status).toBe(401); // back in Berlin a moment later
  });

  it('is not judged by places that are not known, nor by a database that fails', async () => {
    const locate = (address: string) => {
      if (address === '198.51.100.1') throw new Error('the database is broken');
      return PLACES.get(address);
    };
    await start({ onClientChange: { travel: 'end' }, locate });
    const ask = await signIn('browser');
    for (const address of ['10.0.0.1', '198.51.100.1']) expect((await ask('GET', '/me', { address })).status).toBe(200);
    expect(told()).toEqual([]);
  });

  it('costs no write where no place is looked at', async () => {
    await start({ onClientChange: { network: 'report' } });
    const ask = await signIn('browser');
    const [before] = await host.sessions.list((await host.accounts.idOf('ada')) ?? '');
    await ask('GET', '/me', { address: '203.0.113.1' });
    await host.app.get(SessionService).settled();
    const [after] = await host.sessions.list((await host.accounts.idOf('ada')) ?? '');
    expect(after?.record.version).toBe(before?.record.version);
  });
});
