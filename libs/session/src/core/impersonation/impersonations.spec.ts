import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, CURL, FIREFOX } from '../../../spec/core-under-test.js';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { ConflictError, InvalidTokenError, StoreUnavailableError } from '../errors.js';
import type { SessionRecord } from '../record/session-record.js';

const ADMIN = { username: 'root', roles: ['admin', 'staff'] };
const ADA = { username: 'ada', roles: ['clerk'] };

/** An admin who acts for ada. */
async function acting() {
  const app = await CoreUnderTest.start();
  const own = await app.browser({ userId: 'admin', principal: ADMIN });
  const session = await app.cookie(own.cookie);
  const begin = async () =>
    app.sessions.impersonate(session, { userId: 'ada', principal: ADA, fence: await app.sessions.fence('ada'), client: FIREFOX });
  return { app, own, session, begin, support: await begin() };
}

describe('a session in which somebody acts for a user', () => {
  it('is read together with that of the actor: one command per request', async () => {
    const { app, support } = await acting();
    const before = app.store.count('find');
    const seen = await app.token(support.token);
    expect(app.store.count('find') - before).toBe(1);
    expect(seen).toMatchObject({ userId: 'ada', channel: 'support', actor: { userId: 'admin' } });
    expect(JSON.stringify(seen)).not.toContain('minGeneration');
  });

  it('answers from no copy, also where the route allows it, fresh or stale', async () => {
    const { app, own, support } = await acting();
    const other = await app.beside({}, new HeldStopwatch());
    const ask = () => other.sessions.authenticateToken(support.token, FIREFOX, { within: 60_000, serveStale: 60_000 });
    await ask();
    app.store.isAway = true;
    await expect(ask()).rejects.toThrow(StoreUnavailableError);
    app.store.isAway = false;
    await app.sessions.revoke(own.session.id, 'administrator');
    await expect(ask()).rejects.toThrow(InvalidTokenError);
    expect(other.eventsOf('session.refused')).toMatchObject([
      { cause: 'actor_ended', userId: 'ada', sessionId: support.session.id, actorId: 'admin', actorSessionId: own.session.id },
    ]);
  });

  it.each<readonly [string, (records: ReadonlyMap<string, SessionRecord>, own: string) => SessionRecord | undefined]>([
    ['gone', () => undefined],
    ['another of the same person', (records) => [...records.values()].find(({ channel }) => channel === 'api')],
    ['edited', (records, own) => ({ ...expectRecord(records.get(own)), expiresAt: 9_999_999_999_999 })],
    ['one without numbers', (records, own) => ({ ...expectRecord(records.get(own)), lastSeenAt: Number.NaN })],
  ])('is refused where the record of the actor is %s', async (_, fake) => {
    const { app, own, support } = await acting();
    const phone = await app.api({ userId: 'admin', principal: ADMIN });
    const records = new Map<string, SessionRecord>();
    for (const id of [own.session.id, phone.session.id]) records.set(id, expectRecord(await app.store.stored(id)));
    app.store.intrude = (record, id) => (id === own.session.id ? fake(records, own.session.id) : record);
    await expect(app.token(support.token)).rejects.toThrow(InvalidTokenError);
  });

  it('is refused from its first request when the actor lost the role between the guard and the call', async () => {
    const { app, begin } = await acting();
    await app.sessions.setPrincipal('admin', { ...ADMIN, roles: ['staff'] });
    const late = await begin();
    await expect(app.token(late.token)).rejects.toThrow(InvalidTokenError);
  });

  it('does not begin from a session that has ended, nor while the store is away', async () => {
    const { app, own, begin } = await acting();
    app.store.isAway = true;
    await expect(begin()).rejects.toThrow(StoreUnavailableError);
    app.store.isAway = false;
    await app.sessions.revoke(own.session.id);
    await expect(begin()).rejects.toMatchObject({ code: 'invalid_session' });
  });

  it('does not begin when all sessions of the user end at that moment (P2)', async () => {
    const { app, begin } = await acting();
    app.store.race('create', () => app.sessions.revokeAll('ada', { reason: 'account_disabled' }));
    await expect(begin()).rejects.toThrow(ConflictError);
    expect(await app.sessions.list('ada')).toEqual([]);
  });

  it('never comes back when it was ended while a request of it was running (P3)', async () => {
    const { app, support } = await acting();
    const session = await app.token(support.token);
    await app.sessions.revoke(support.session.id);
    await expect(app.sessions.writeData(session, () => ({ late: true }))).rejects.toMatchObject({ code: 'invalid_session' });
    await expect(app.token(support.token)).rejects.toThrow(InvalidTokenError);
  });

  it('gives nothing that can be renewed, and refuses what only the user may do', async () => {
    const { app, support } = await acting();
    const session = await app.token(support.token);
    expect(Object.keys(support).sort()).toEqual(['expiresIn', 'session', 'token', 'tokenType']);
    const fence = await app.sessions.fence('ada');
    const attempts = [
      () => app.sessions.reauthenticate(session, fence),
      () => app.sessions.passwordEnding(session),
      () => app.sessions.passwordChanged(session),
      () => app.sessions.accessToken(session),
      () => app.sessions.revokeOthers(session),
      () => app.sessions.impersonate(session, { userId: 'bob', principal: ADA, fence, client: CURL }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'impersonation_forbidden' });
  });

  it('is bound to the key of the actor, and without it forged', async () => {
    const app = await CoreUnderTest.start();
    const jkt = 'A'.repeat(43);
    const own = await app.api({ userId: 'admin', principal: ADMIN, dpopThumbprint: jkt });
    const fence = await app.sessions.fence('ada');
    const support = await app.sessions.impersonate(own.session, { userId: 'ada', principal: ADA, fence, client: FIREFOX });
    expect(support.tokenType).toBe('DPoP');
    const claims: unknown = JSON.parse(Buffer.from(support.token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ cnf: { jkt }, act: { sub: 'admin' } });
    await expect(app.token(support.token)).rejects.toThrow(InvalidTokenError); // as a bearer token
  });

  it('is told by introspection, with its actor, and explained when the actor has ended', async () => {
    const { app, own, support } = await acting();
    const act = { sub: 'admin', sid: own.session.id };
    expect(await app.tokens.introspect(support.token)).toMatchObject({ active: true, sub: 'ada', act });
    expect(await app.inspector.inspect(support.session.id)).toMatchObject({ state: 'live', record: { channel: 'support' } });
    await app.sessions.revoke(own.session.id);
    expect(await app.tokens.introspect(support.token)).toEqual({ active: false });
    expect(await app.inspector.inspect(support.session.id)).toMatchObject({ state: 'actor_ended' });
    expect(await app.sessions.list('ada')).toEqual([]);
  });
});

function expectRecord(record: SessionRecord | undefined): SessionRecord {
  if (!record) throw new Error('The record is in the store.');
  return record;
}
