import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEntry, SessionEvent } from 'nestjs-hybrid-session';
import { ApiClient, Browser, textOf, type Answer } from './support/clients.js';
import { signingKey, startHostApp, type HostApp } from './support/host-app.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';
import { SupportDesk } from './support/support-desk.js';

const KEY = randomBytes(32).toString('base64url');
const CLIENT = { address: '127.0.0.1', userAgent: 'test' };
const MINUTE = 60_000;
const hours = (count: number) => count * 60 * MINUTE;

/** The admin's own client: a browser, or an app. */
type Client = Browser | ApiClient;

describe.each(IN_TURN)('support staff act for a user on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let hosts: readonly [HostApp, HostApp];
  let host: HostApp;
  let ids: { admin: string; ada: string };
  const entries: Omit<AuditEntry, 'id'>[] = [];
  let events: SessionEvent[];

  beforeAll(async () => {
    opened = await openStore(storeName);
    const keep = { record: (entry: AuditEntry) => void entries.push(entry), close: async () => {} };
    const signingKeys = [await signingKey()];
    const first = await startHostApp({
      adapter,
      store: opened.store,
      controllers: [SupportDesk],
      options: { keys: [KEY], signingKeys, audit: [keep], limit: { max: 2, policy: 'evict' } },
    });
    host = first;
    const { clock, accounts } = first;
    const second = await startHostApp({
      adapter,
      store: opened.store,
      clock,
      accounts,
      controllers: [SupportDesk],
      options: { keys: [KEY], signingKeys, revocation: { within: hours(1) } },
    });
    hosts = [first, second];
    events = first.events;
  });
  afterAll(async () => {
    for (const one of hosts) await one.close();
    await opened.close();
  });

  let names = 0;
  let name: { admin: string; ada: string };
  beforeEach(() => {
    names += 1;
    name = { admin: `admin${names}`, ada: `ada${names}` };
    ids = {
      admin: host.accounts.add(name.admin, 'admin password', ['admin', 'staff']),
      ada: host.accounts.add(name.ada, 'correct horse', ['user']),
    };
    events.length = 0;
    entries.length = 0;
  });

  const logIn = async <T extends Client>(client: T, who: string, password: string): Promise<T> => {
    expect((await client.login(who, password)).status).toBe(200);
    return client;
  };
  const asAdmin = (client: Client = new Browser(host.url)) => logIn(client, name.admin, 'admin password');
  /** What the support client holds. */
  const begin = async (admin: Client, whom = ids.ada) => {
    const answer = await admin.send('POST', `/support/${whom}`);
    expect(answer.status).toBe(200);
    const desk = new ApiClient(host.url);
    desk.accessToken = textOf(answer, 'access_token');
    return { desk, sid: textOf(answer, 'sid'), expiresAt: Number(answer.body['expiresAt']) };
  };
  const sidOf = async (client: Client) => textOf(await client.send('GET', '/me'), 'sid');
  const outcome = ({ status, body }: Answer) => [status, body['code']];
  const FORBIDDEN = [403, 'impersonation_forbidden'];

  it.each(['browser', 'app'] as const)(
    "from a %s: the record, the token and the trail name the actor, and the user's list shows it",
    async (kind) => {
      const admin = await asAdmin(kind === 'browser' ? new Browser(host.url) : new ApiClient(host.url));
      const own = await sidOf(admin);
      entries.length = 0;
      const { desk, sid } = await begin(admin);
      const actor = { userId: ids.admin, sessionId: own };
      expect((await desk.send('GET', '/who')).body).toEqual({ id: ids.ada, username: 'whoever', roles: [], actor });
      expect((await desk.send('GET', '/me')).body).toMatchObject({ sub: ids.ada, channel: 'support', sid });
      const claims: unknown = JSON.parse(Buffer.from(desk.accessToken.split('.')[1] ?? '', 'base64url').toString());
      expect(claims).toMatchObject({ sub: ids.ada, sid, act: { sub: ids.admin, sid: own } });
      const ada = await logIn(new Browser(host.url), name.ada, 'correct horse');
      const list: unknown = JSON.parse((await ada.send('GET', '/auth/sessions')).text);
      expect(list).toEqual(expect.arrayContaining([expect.objectContaining({ id: sid, channel: 'support', actor: ids.admin })]));
      expect((await desk.send('PATCH', '/who')).status).toBe(200);
      expect((await desk.send('POST', '/in-person')).status).toBe(403);
      expect((await desk.send('POST', '/auth/logout')).status).toBe(204);
      expect((await desk.send('GET', '/me')).status).toBe(401);
      const told = entries.filter(({ sessionId }) => sessionId === sid);
      expect(told.map(({ type, resource }) => [type, resource])).toEqual([
        ['session.opened', undefined],
        ['impersonation.acted', 'SupportDesk.rename'],
        ['access.refused', expect.any(String)],
        ['session.ended', undefined],
        ['session.refused', undefined],
      ]);
      for (const entry of told) expect(entry).toMatchObject({ actorId: ids.admin, actorSessionId: own });
    },
  );

  it('the user takes it away like any other session of his', async () => {
    const { desk, sid } = await begin(await asAdmin());
    const ada = await logIn(new Browser(host.url), name.ada, 'correct horse');
    expect((await ada.send('DELETE', `/auth/sessions/${sid}`)).status).toBe(204);
    expect((await desk.send('GET', '/me')).status).toBe(401);
  });

  it('counts to no limit of the user, evicts nobody, and is evicted by nobody', async () => {
    const [one, two] = [new Browser(host.url), new Browser(host.url)];
    for (const browser of [one, two]) await logIn(browser, name.ada, 'correct horse');
    const admin = await asAdmin();
    const desks = [await begin(admin), await begin(admin), await begin(admin)];
    await logIn(new ApiClient(host.url), name.ada, 'correct horse');
    for (const browser of [one, two]) expect((await browser.send('GET', '/me')).status).toBe(200);
    for (const { desk } of desks) expect((await desk.send('GET', '/me')).status).toBe(200);
  });

  it('changes no credentials, proves no password, ends none of the other sessions, and makes no tokens', async () => {
    const ada = await logIn(new Browser(host.url), name.ada, 'correct horse');
    const { desk } = await begin(await asAdmin());
    const change = { currentPassword: 'correct horse', newPassword: 'another password' };
    const attempts: readonly Promise<Answer>[] = [
      desk.send('POST', '/auth/password', { json: change }),
      desk.send('POST', '/auth/reauthenticate', { json: { password: 'correct horse' } }),
      desk.send('POST', '/auth/logout-all'),
      desk.send('DELETE', '/auth/sessions'),
      desk.send('DELETE', `/auth/sessions/${await sidOf(ada)}`),
      desk.send('POST', '/sensitive'),
      desk.send('POST', '/in-person'),
      // Where a host forgot its guards, the library's own methods refuse.
      desk.send('DELETE', '/careless/others'),
      desk.send('POST', '/careless/token/again'),
    ];
    for (const attempt of attempts) expect(outcome(await attempt)).toEqual(FORBIDDEN);
    const refused = events.filter(({ type }) => type === 'access.refused');
    expect(refused).toHaveLength(7);
    for (const event of refused) expect(event).toMatchObject({ cause: 'impersonation', actorId: ids.admin });
    expect((await ada.send('GET', '/me')).status).toBe(200);
    await logIn(new Browser(host.url), name.ada, 'correct horse');
  });

  it('nobody acts for himself, nor through somebody for whom he acts', async () => {
    const admin = await asAdmin();
    expect(outcome(await admin.send('POST', `/support/${ids.admin}`))).toEqual(FORBIDDEN);
    const { desk } = await begin(admin);
    expect(outcome(await desk.send('POST', `/careless/${host.accounts.add(`third${names}`, 'third password')}`))).toEqual(
      FORBIDDEN,
    );
  });

  it('needs a recent authentication and the role', async () => {
    const admin = await asAdmin();
    host.clock.advance(11 * MINUTE);
    expect(outcome(await admin.send('POST', `/support/${ids.ada}`))).toEqual([401, 'insufficient_user_authentication']);
    const ada = await logIn(new Browser(host.url), name.ada, 'correct horse');
    expect(outcome(await ada.send('POST', `/support/${ids.admin}`))).toEqual([403, 'forbidden']);
  });

  const endings: readonly (readonly [string, (admin: Browser, own: string) => Promise<unknown>])[] = [
    ['logs out', (admin) => admin.send('POST', '/auth/logout')],
    ['is logged out by another', (_, own) => host.sessions.revoke(own, 'administrator')],
    ['is disabled', () => host.sessions.revokeAll(ids.admin, { reason: 'account_disabled' })],
    [
      'is evicted',
      async () => {
        for (let i = 0; i < 2; i += 1) {
          host.clock.advance(1_000);
          await asAdmin();
        }
      },
    ],
    [
      'changes his password',
      (admin) =>
        admin.send('POST', '/auth/password', {
          json: { currentPassword: 'admin password', newPassword: 'another password' },
        }),
    ],
    ['proves himself anew', (admin) => admin.send('POST', '/auth/reauthenticate', { json: { password: 'admin password' } })],
    ['loses a role', () => host.sessions.setPrincipal(ids.admin, host.accounts.setRoles(ids.admin, ['staff']))],
    ['is idle for too long', async () => host.clock.advance(31 * MINUTE)],
  ];
  it.each(endings)(
    'P1 P2 ends when the actor %s: refused at the next request, by every instance and whatever the mode',
    async (_, end) => {
      const admin = await logIn(new Browser(host.url), name.admin, 'admin password');
      const own = await sidOf(admin);
      const { desk, sid } = await begin(admin);
      const elsewhere = desk.at(hosts[1].url);
      for (const client of [desk, elsewhere]) expect((await client.send('GET', '/me')).status).toBe(200);
      await end(admin, own);
      for (const client of [desk, elsewhere]) expect((await client.send('GET', '/me')).status).toBe(401);
      const ada = await logIn(new Browser(host.url), name.ada, 'correct horse');
      expect((await ada.send('GET', '/auth/sessions')).text).not.toContain(sid);
    },
  );

  it('goes on when the actor gets one more role', async () => {
    const { desk } = await begin(await asAdmin());
    await host.sessions.setPrincipal(ids.admin, host.accounts.setRoles(ids.admin, ['admin', 'staff', 'more']));
    expect((await desk.send('GET', '/me')).status).toBe(200);
  });

  it('P2 ends with a change of the password of the user, and of his rights', async () => {
    const admin = await asAdmin();
    const first = await begin(admin);
    const ada = await logIn(new Browser(host.url), name.ada, 'correct horse');
    const change = { currentPassword: 'correct horse', newPassword: 'another password' };
    expect((await ada.send('POST', '/auth/password', { json: change })).status).toBe(200);
    expect((await first.desk.send('GET', '/me')).status).toBe(401);
    const second = await begin(admin);
    await host.sessions.setPrincipal(ids.ada, host.accounts.setRoles(ids.ada, ['admin']));
    expect((await second.desk.send('GET', '/me')).status).toBe(401);
    expect((await ada.send('GET', '/me')).body).toMatchObject({ roles: ['admin'] });
  });

  it('P3 does not begin where the sessions of the user were ended since the host looked at him', async () => {
    const admin = await logIn(new Browser(host.url), name.admin, 'admin password');
    const own = await host.sessions.authenticateCookie(admin.cookie, CLIENT);
    const fence = await host.sessions.fence(ids.ada);
    await host.sessions.revokeAll(ids.ada, { reason: 'account_disabled' });
    const request = { userId: ids.ada, principal: { username: name.ada, roles: [] }, fence, client: CLIENT };
    await expect(host.sessions.impersonate(own, request)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('P10 ends an hour after it began, and never after the session of the actor', async () => {
    const early = await asAdmin(new ApiClient(host.url));
    expect((await begin(early)).expiresAt).toBe(host.clock.now() + hours(1));
    const admin = await logIn(new Browser(host.url), name.admin, 'admin password');
    const ends = host.clock.now() + hours(8);
    for (let i = 0; i < 17; i += 1) {
      host.clock.advance(27 * MINUTE);
      expect((await admin.send('GET', '/me')).status).toBe(200);
      await host.sessions.settled();
    }
    await admin.send('POST', '/auth/reauthenticate', { json: { password: 'admin password' } });
    const { desk, expiresAt } = await begin(admin);
    expect(expiresAt).toBe(ends);
    expect((await desk.send('GET', '/me')).status).toBe(200);
  });
});
