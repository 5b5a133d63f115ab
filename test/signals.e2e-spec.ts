import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { Audit, days, hours, seconds, Signals, type SignalsOptions, type SignalStream } from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { auditEntities, TypeOrmAuditTrail, TypeOrmSessionStore, TypeOrmSignalOutbox } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { ENGINES, type TestDatabase } from '../src/database/testing/engines.js';
import { TestAccounts } from './support/accounts.js';
import { ApiClient, Browser, send, textOf } from './support/clients.js';
import { ADAPTERS, type HostApp, PUBLIC_URL, signingKey, startHostApp } from './support/host-app.js';
import { signalReader, SignalReceiverServer } from './support/signal-receiver.js';

const AUDIENCE = 'https://gateway.example';
const SECRET = 'a secret of the receiver';
const PASSWORD = 'correct horse';
const REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
const CHANGED = 'https://schemas.openid.net/secevent/caep/event-type/credential-change';
const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

const basic = (id: string, secret = SECRET) => ({
  Authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}`,
});
const clients = [{ id: 'gateway', secret: SECRET }, { id: 'other', secret: SECRET }, { id: 'mobile' }];

/** Each adapter, each engine; every engine itself is the outbox's own affair. */
const MATRIX = ENGINES.map((engine, at) => ({ adapter: ADAPTERS[at % 2] ?? 'express', engine, name: engine.name }));

describe.each(MATRIX)('signals to others, on $adapter with $name', ({ adapter, engine }) => {
  let database: TestDatabase;
  let receiver: SignalReceiverServer;
  let clock: FakeClock;
  let accounts: TestAccounts;
  let hosts: HostApp[];
  let trails: TypeOrmAuditTrail[];
  let keys: readonly string[];
  let signingKeys: readonly object[];

  beforeEach(async () => {
    [database, receiver] = await Promise.all([engine.open(), SignalReceiverServer.open()]);
    clock = new FakeClock();
    accounts = new TestAccounts();
    [hosts, trails] = [[], []];
    keys = [randomBytes(32).toString('base64url')];
    signingKeys = [await signingKey()];
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    await receiver.close();
    await database.close();
  });

  const pushed = (more: Partial<SignalStream> = {}): SignalStream => ({
    id: 'pushed',
    audience: AUDIENCE,
    client: 'gateway',
    push: { url: receiver.url, authorization: 'Bearer agreed' },
    ...more,
  });
  const polled: SignalStream = { id: 'polled', audience: AUDIENCE, client: 'gateway' };

  /** An application that has begun to follow its trail. */
  const start = async (streams: readonly SignalStream[], more: Partial<SignalsOptions> = {}): Promise<HostApp> => {
    const { dataSource } = database;
    const audit = [new TypeOrmAuditTrail(dataSource, { keys })];
    trails.push(...audit);
    const signals = { outbox: new TypeOrmSignalOutbox(dataSource, { keys }), streams, ...more };
    const store = new TypeOrmSessionStore(dataSource);
    const options = { keys, signingKeys, clients, audit, signals, limit: 'unlimited' as const };
    const host = await startHostApp({ adapter, store, clock, accounts, options });
    hosts.push(host);
    await look(host);
    return host;
  };
  /** Waits until the database says so: what a delivery came to is there last. */
  const until = async (column: string, table: string, time: number) => {
    const select = `SELECT ${column} AS time FROM ${table} WHERE stream = 'pushed'`;
    const read = async () => Number((await database.dataSource.query<{ time: number | string }[]>(select))[0]?.time);
    while ((await read()) !== time) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const restsUntil = (time: number) => until('claimed_until', 'nhs_signal_streams', time);
  let users = 0;
  const person = () => {
    const name = `user-${(users += 1)}`;
    return { name, userId: accounts.add(name, PASSWORD) };
  };
  const loggedIn = async (host: HostApp, name: string) => {
    const browser = new Browser(host.url);
    await browser.login(name, PASSWORD);
    return { browser, id: textOf(await browser.send('GET', '/me'), 'sid') };
  };
  const read = (host: HostApp, token = '') => signalReader(host.url, PUBLIC_URL, AUDIENCE)(token);
  /** What has happened is in the trail, and the application looks there now and not in a second. */
  const look = async (host: HostApp) => {
    for (const trail of trails) await trail.settled();
    await host.app.get(Signals).running?.transmitter.look();
  };
  const arrived = async (host: HostApp, count: number) => {
    await look(host);
    return receiver.received(count);
  };
  const poll = (host: HostApp, json: object = {}, stream = 'polled', headers = basic('gateway')) =>
    send(host.url, 'POST', `/oauth/signals/poll/${stream}`, { headers, body: { json: { returnImmediately: true, ...json } } });
  const setsOf = ({ body }: { body: Record<string, unknown> }) => Object.values(body['sets'] as Record<string, string>);
  const subjectOf = (token = '') => (decodeJwt(token)['sub_id'] as { session?: { id: string } }).session?.id ?? '';

  it('pushes the end of a session, in a token that a stranger can verify', async () => {
    const host = await start([pushed()]);
    const { name, userId } = person();
    const { browser, id } = await loggedIn(host, name);
    await browser.send('POST', '/auth/logout');
    const [arrival] = await arrived(host, 1);
    expect([arrival?.contentType, arrival?.authorization]).toEqual(['application/secevent+jwt', 'Bearer agreed']);
    const now = Math.floor(clock.now() / 1000);
    expect(await read(host, arrival?.token)).toEqual({
      iss: PUBLIC_URL,
      aud: AUDIENCE,
      iat: now,
      jti: expect.stringMatching(/^[\w-]{22}\.pushed$/),
      sub_id: {
        format: 'complex',
        user: { format: 'iss_sub', iss: PUBLIC_URL, sub: userId },
        session: { format: 'opaque', id },
      },
      events: {
        [REVOKED]: { event_timestamp: now, initiating_entity: 'user', reason_admin: { en: 'The session was ended: logout.' } },
      },
    });
  });

  it('tells of a new password, and of the sessions that ended with it', async () => {
    const host = await start([pushed()]);
    const { name, userId } = person();
    const [{ browser }, other] = [await loggedIn(host, name), await loggedIn(host, name)];
    const change = { currentPassword: PASSWORD, newPassword: 'battery staple' };
    expect((await browser.send('POST', '/auth/password', { json: change })).status).toBeLessThan(300);
    const tokens = (await arrived(host, 2)).map(({ token }) => token);
    const claims = await Promise.all(tokens.map((token) => read(host, token)));
    const user = { format: 'iss_sub', iss: PUBLIC_URL, sub: userId };
    expect(claims.find((one) => CHANGED in (one['events'] as object))).toMatchObject({
      sub_id: user,
      events: { [CHANGED]: { credential_type: 'password', change_type: 'update', initiating_entity: 'user' } },
    });
    expect(claims.find((one) => REVOKED in (one['events'] as object))).toMatchObject({
      sub_id: { user, session: { id: other.id } },
    });
  });

  it('tells who it was when somebody ends the session on another of his devices', async () => {
    const host = await start([pushed()]);
    const { name } = person();
    const [{ browser }, other] = [await loggedIn(host, name), await loggedIn(host, name)];
    expect((await browser.send('DELETE', `/auth/sessions/${other.id}`)).status).toBe(204);
    const [arrival] = await arrived(host, 1);
    expect(await read(host, arrival?.token)).toMatchObject({
      sub_id: { session: { id: other.id } },
      events: { [REVOKED]: { initiating_entity: 'user' } },
    });
  });

  it('tells a stream only what it is to be told, also of the host’s own acts', async () => {
    const only = pushed({ events: ['credential-change'] });
    const host = await start([only], { passwordChanges: ['user.password_reset'] });
    const { name, userId } = person();
    const { browser } = await loggedIn(host, name);
    await browser.send('POST', '/auth/logout');
    host.app.get(Audit).record({ type: 'user.password_reset', outcome: 'success', userId, actorId: 'admin' });
    const [first] = await arrived(host, 1);
    const claims = await read(host, first?.token);
    expect([claims['sub_id'], Object.keys(claims['events'] as object)]).toEqual([
      { format: 'iss_sub', iss: PUBLIC_URL, sub: userId },
      [CHANGED],
    ]);
    expect(claims['events']).toMatchObject({ [CHANGED]: { initiating_entity: 'admin' } });
  });

  it('tells once that everybody was logged out, and nothing of whom that was', async () => {
    const host = await start([pushed()]);
    await loggedIn(host, person().name);
    await host.sessions.revokeEveryone();
    const [arrival] = await arrived(host, 1);
    expect(await read(host, arrival?.token)).toMatchObject({
      sub_id: { format: 'complex', tenant: { format: 'uri', uri: PUBLIC_URL } },
      events: { [REVOKED]: { initiating_entity: 'admin' } },
    });
  });

  it.each([
    ['is ill', { status: 503 }],
    ['does not know us', { status: 401 }],
    ['sends us elsewhere', { status: 307, location: 'https://elsewhere.example/' }],
    ['is not to be understood', { status: 400, body: '{"err":"nonsense"}' }],
  ])('tries a receiver again that %s, ever more rarely, also after a restart', async (_, answer) => {
    receiver.answer = () => answer;
    const host = await start([pushed()]);
    const { browser, id } = await loggedIn(host, person().name);
    await browser.send('POST', '/auth/logout');
    for (const [count, pause] of [
      [1, 1],
      [2, 1],
      [3, 2],
    ] as const) {
      await arrived(host, count);
      await restsUntil(clock.now() + seconds(pause)); // as long again as the signal has waited
      await look(host);
      expect(receiver.arrivals).toHaveLength(count);
      if (count < 3) clock.advance(seconds(1));
    }
    await hosts.pop()?.close();
    receiver.answer = () => ({ status: 202 });
    clock.advance(seconds(1));
    const again = await start([pushed()]);
    expect(receiver.arrivals).toHaveLength(3);
    clock.advance(seconds(1));
    const [first, , , last] = await arrived(again, 4);
    expect(subjectOf(last?.token)).toBe(id);
    expect(decodeJwt(last?.token ?? '')).toEqual(decodeJwt(first?.token ?? '')); // the receiver knows what it has had before
  });

  it('is not held up by one token that the receiver refuses', async () => {
    const host = await start([pushed()]);
    const sessions = [await loggedIn(host, person().name), await loggedIn(host, person().name)];
    receiver.answer = ({ token }) =>
      subjectOf(token) === sessions[0]?.id ? { status: 400, body: '{"err":"invalid_request"}' } : { status: 202 };
    for (const { browser } of sessions) await browser.send('POST', '/auth/logout');
    await arrived(host, 2);
    await until('due_at', 'nhs_signals', clock.now() + seconds(1));
    receiver.answer = () => ({ status: 202 });
    clock.advance(seconds(1));
    const told = (await arrived(host, 3)).map(({ token }) => subjectOf(token));
    expect([new Set(told.slice(0, 2)), told[2]]).toEqual([new Set(sessions.map(({ id }) => id)), sessions[0]?.id]);
  });

  it('goes on where an instance died while it had the turn', async () => {
    const dead = new TypeOrmSignalOutbox(database.dataSource, { keys });
    const host = await start([pushed()]);
    const { browser } = await loggedIn(host, person().name);
    while (!(await dead.claim('pushed', clock.now(), clock.now() + seconds(60)))); // it is a matter of turns
    await browser.send('POST', '/auth/logout');
    clock.advance(seconds(59));
    await look(host);
    expect(receiver.arrivals).toEqual([]);
    clock.advance(seconds(1));
    expect(await arrived(host, 1)).toHaveLength(1);
  });

  it('delivers each once, while several instances run and nothing goes wrong', async () => {
    const [one, two] = [await start([pushed()]), await start([pushed()])];
    const ids: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { browser, id } = await loggedIn(round % 2 ? one : two, person().name);
      await browser.send('POST', '/auth/logout');
      ids.push(id);
    }
    await arrived(one, 6);
    for (const host of [one, two]) await look(host);
    expect(receiver.arrivals.map(({ token }) => subjectOf(token)).toSorted()).toEqual(ids.toSorted());
  });

  it('gives up what is too old, and says so in the trail', async () => {
    receiver.answer = () => ({ status: 503 });
    const host = await start([pushed()], { keep: hours(1) });
    const { browser } = await loggedIn(host, person().name);
    await browser.send('POST', '/auth/logout');
    await arrived(host, 1);
    await restsUntil(clock.now() + seconds(1));
    clock.advance(hours(1) + 1);
    await look(host);
    expect(host.events).toContainEqual({ type: 'signal.undelivered', at: clock.now(), stream: 'pushed', count: 1 });
    expect(receiver.arrivals).toHaveLength(1);
  });

  it('signs nothing that somebody wrote into the database', async () => {
    const host = await start([polled]);
    const { name, userId } = person();
    const { browser } = await loggedIn(host, name);
    await browser.send('POST', '/auth/logout');
    await look(host);
    expect(setsOf(await poll(host))).toHaveLength(1);
    await database.dataSource.query(
      `UPDATE nhs_audit SET text = REPLACE(text, '${userId}', 'another') WHERE type = 'session.ended'`,
    );
    expect(setsOf(await poll(host))).toEqual([]);
    expect(host.events).toContainEqual(expect.objectContaining({ type: 'signal.undelivered', count: 1 }));
  });

  describe('that are polled', () => {
    /** Ends so many sessions; answers their ids. */
    const ended = async (host: HostApp, count: number): Promise<readonly string[]> => {
      const ids: string[] = [];
      for (let one = 0; one < count; one += 1) {
        const { browser, id } = await loggedIn(host, person().name);
        await browser.send('POST', '/auth/logout');
        ids.push(id);
      }
      await look(host);
      return ids;
    };

    it('stay until they are acknowledged, the oldest first, as many as are asked for', async () => {
      const host = await start([polled]);
      const ids = await ended(host, 3);
      const all = await poll(host);
      expect([all.status, all.body['moreAvailable'], setsOf(all).map(subjectOf)]).toEqual([200, false, ids]);
      for (const token of setsOf(all)) await read(host, token);
      const first = await poll(host, { maxEvents: 1 });
      expect([first.body['moreAvailable'], setsOf(first).map(subjectOf)]).toEqual([true, ids.slice(0, 1)]);
      const [jti = ''] = Object.keys(first.body['sets'] as object);
      expect(jti).toBe(decodeJwt(setsOf(first)[0] ?? '').jti);
      const second = await poll(host, { ack: [jti], maxEvents: 1 });
      expect(setsOf(second).map(subjectOf)).toEqual(ids.slice(1, 2));
      const [next = ''] = Object.keys(second.body['sets'] as object);
      const refusal = { err: 'invalid_audience', description: 'not for me' };
      expect(setsOf(await poll(host, { setErrs: { [next]: refusal }, maxEvents: 0 }))).toEqual([]);
      expect(setsOf(await poll(host)).map(subjectOf)).toEqual(ids.slice(2));
    });

    it('reach a client that waits, as soon as there are any', async () => {
      const host = await start([polled]);
      const { browser, id } = await loggedIn(host, person().name);
      const waiting = poll(host, { returnImmediately: false });
      await browser.send('POST', '/auth/logout');
      expect(setsOf(await waiting).map(subjectOf)).toEqual([id]);
    });

    it('do not keep an application from stopping', async () => {
      const host = await start([polled]);
      const waiting = poll(host, { returnImmediately: false });
      const { polls } = host.app.get(Signals).running ?? {};
      while (polls?.clients !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
      await hosts.pop()?.close();
      expect((await waiting).body).toEqual({ sets: {}, moreAvailable: false });
    });

    it('are for the client of the stream alone, and it has to prove who it is', async () => {
      const host = await start([polled, pushed()]);
      await ended(host, 1);
      for (const [stream, headers, status] of [
        ['polled', basic('gateway', 'another'), 401],
        ['polled', { Authorization: '' }, 401],
        ['polled', basic('other'), 404],
        ['none', basic('gateway'), 404],
        ['pushed', basic('gateway'), 404],
      ] as const) {
        const answer = await poll(host, {}, stream, headers);
        expect([stream, headers, answer.status, answer.text.includes('eyJ')]).toEqual([stream, headers, status, false]);
      }
      expect(setsOf(await poll(host))).toHaveLength(1);
    });

    it.each([
      ['fewer than none', { maxEvents: -1 }],
      ['a part of one', { maxEvents: 1.5 }],
      ['a number as text', { maxEvents: '1' }],
      ['neither yes nor no', { returnImmediately: 'maybe' }],
      ['a text for a list', { ack: 'one' }],
      ['a list of numbers', { ack: [7] }],
      ['too many', { ack: Array(1_001).fill('a') }],
      ['a list for an object', { setErrs: ['a'] }],
      ['a name too long', { ack: ['x'.repeat(129)] }],
      ['a name that is none', { setErrs: { 'a\u0000b': { err: 'x' } } }],
    ])('are not touched by a request that cannot be understood: %s', async (_, json) => {
      const host = await start([polled]);
      await ended(host, 1);
      expect((await poll(host, json)).status).toBe(400);
      expect(setsOf(await poll(host))).toHaveLength(1);
    });
  });

  it('proves to a receiver that its signals arrive, by its own word', async () => {
    const host = await start([polled, pushed()]);
    const verify = (json: object, headers = basic('gateway')) =>
      send(host.url, 'POST', '/oauth/signals/verification', { headers, body: { json } });
    expect((await verify({ stream_id: 'pushed', state: 'the "word"' })).status).toBe(204);
    expect((await verify({ stream_id: 'polled' })).status).toBe(204);
    const [arrival] = await arrived(host, 1);
    expect(await read(host, arrival?.token)).toMatchObject({
      sub_id: { format: 'opaque', id: 'pushed' },
      events: { [VERIFICATION]: { state: 'the "word"' } },
    });
    const [token] = setsOf(await poll(host));
    expect((await read(host, token))['events']).toEqual({ [VERIFICATION]: {} });
    expect(receiver.arrivals).toHaveLength(1);
    for (const [json, headers, status] of [
      [{ stream_id: 'pushed', state: 'wörd' }, basic('gateway'), 400],
      [{ stream_id: 'pushed', state: 'x'.repeat(256) }, basic('gateway'), 400],
      [{}, basic('gateway'), 400],
      [{ stream_id: 'pushed' }, basic('other'), 404],
      [{ stream_id: 'pushed' }, basic('gateway', 'wrong'), 401],
    ] as const)
      expect([json, (await verify(json, headers)).status]).toEqual([json, status]);
  });

  it('tells a receiver how its streams are set up, and nobody a secret', async () => {
    const host = await start([polled, pushed({ events: ['session-revoked'] }), { ...polled, id: 'foreign', client: 'other' }]);
    const get = (path: string, headers = basic('gateway')) => send(host.url, 'GET', path, { headers });
    const metadata = await get('/.well-known/ssf-configuration');
    expect(metadata.body).toMatchObject({
      spec_version: '1_0',
      issuer: PUBLIC_URL,
      jwks_uri: `${PUBLIC_URL}/.well-known/jwks.json`,
      configuration_endpoint: `${PUBLIC_URL}/oauth/signals/streams`,
    });
    const all = await get('/oauth/signals/streams');
    expect(JSON.parse(all.text)).toMatchObject([{ stream_id: 'polled' }, { stream_id: 'pushed' }]);
    expect(all.text).not.toContain('agreed');
    expect((await get('/oauth/signals/streams?stream_id=pushed')).body).toEqual({
      stream_id: 'pushed',
      iss: PUBLIC_URL,
      aud: AUDIENCE,
      delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: receiver.url },
      events_supported: [REVOKED, CHANGED],
      events_requested: [REVOKED],
      events_delivered: [REVOKED],
    });
    expect((await get('/oauth/signals/streams?stream_id=foreign')).status).toBe(404);
    expect((await get('/oauth/signals/streams', basic('other', 'wrong'))).status).toBe(401);
    expect((await get('/oauth/signals/streams?client_id=gateway&client_secret=x', { Authorization: '' })).status).toBe(401);
  });

  it('makes tokens that open nothing here', async () => {
    const host = await start([polled]);
    const { name } = person();
    const api = new ApiClient(host.url);
    await api.login(name, PASSWORD);
    const { browser } = await loggedIn(host, name);
    await browser.send('POST', '/auth/logout');
    await look(host);
    const [token = ''] = setsOf(await poll(host));
    const used = await send(host.url, 'GET', '/me', { headers: { Authorization: `Bearer ${token}` } });
    expect([used.status, used.body['code']]).toEqual([401, 'invalid_token']);
    const introspected = await send(host.url, 'POST', '/oauth/introspect', {
      headers: basic('gateway'),
      body: { form: { token } },
    });
    expect(introspected.body).toEqual({ active: false });
  });

  it.each([
    ['no audit trail', { audit: [] }, /there is none/],
    ['tables that the data source does not know', {}, /does not know the entities/],
  ])('refuses to start with %s', async (_, more, fault) => {
    const { entities: _entities, ...options } = database.dataSource.options;
    const strange = new DataSource({ ...options, entities: [...auditEntities] });
    await strange.initialize();
    const audit = [new TypeOrmAuditTrail(strange, { keys })];
    const signals = { outbox: new TypeOrmSignalOutbox(strange, { keys }), streams: [polled] };
    const given = { keys, signingKeys, clients, audit, signals, ...more };
    const store = new TypeOrmSessionStore(database.dataSource);
    try {
      await expect(startHostApp({ adapter, store, options: given })).rejects.toThrow(fault);
    } finally {
      await strange.destroy();
    }
  });

  it('is not there where nobody asked for it', async () => {
    const host = await startHostApp({ adapter, store: new TypeOrmSessionStore(database.dataSource), options: { clients } });
    hosts.push(host);
    expect((await send(host.url, 'GET', '/.well-known/ssf-configuration')).status).toBe(404);
    expect((await poll(host)).status).toBe(404);
    expect(JSON.parse((await send(host.url, 'GET', '/oauth/signals/streams', { headers: basic('gateway') })).text)).toEqual([]);
  });

  it.each([
    ['a name with a blank', { streams: [{ id: 'a b', audience: AUDIENCE, client: 'gateway' }] }, /the id must be/],
    ['no audience', { streams: [{ id: 'a', audience: '', client: 'gateway' }] }, /the audience is missing/],
    ['no receiver', { streams: [{ id: 'a', audience: AUDIENCE }] }, /nobody would get its signals/],
    [
      'a client without a secret',
      { streams: [{ id: 'a', audience: AUDIENCE, client: 'mobile' }] },
      /not a registered one with a secret/,
    ],
    ['two of one name', { streams: [polled, polled] }, /each needs an id of its own/],
    ['no web address', { streams: [{ ...polled, push: { url: 'ftp://x.example/' } }] }, /push\.url must be/],
    ['a password in the address', { streams: [{ ...polled, push: { url: 'https://u:p@x.example/' } }] }, /push\.url must be/],
    [
      'a second header',
      { streams: [{ ...polled, push: { url: 'https://x.example/', authorization: 'a\r\nb: c' } }] },
      /what a header can say/,
    ],
    ['nothing to tell', { streams: [{ ...polled, events: [] }] }, /it is told nothing/],
    ['no time', { keep: days(0) }, /keep must be/],
  ])('refuses to start with streams that cannot work: %s', async (_, given, fault) => {
    await expect(start([polled], given)).rejects.toThrow(fault);
  });
});
