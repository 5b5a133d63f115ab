import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, FIREFOX } from '../../spec/core-under-test.js';
import { signedBy } from '../../spec/forged-token.js';
import { ed25519Key } from '../../spec/key-material.js';
import { InvalidSessionError, InvalidTokenError, StoreUnavailableError } from './errors.js';

describe('requests that wait in the same turn', () => {
  it('travel in one command, and each gets its own session', async () => {
    const app = await CoreUnderTest.start({ limit: 'unlimited' });
    const opened = await Promise.all(Array.from({ length: 30 }, () => app.browser()));
    app.store.calls.length = 0;
    const found = await Promise.all(opened.map(({ cookie }) => app.cookie(cookie)));
    expect(found.map(({ id }) => id)).toEqual(opened.map(({ session }) => session.id));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(app.store.calls).toEqual(['find']);
  });

  it('do not share a refusal: the dead among them are refused alone', async () => {
    const app = await CoreUnderTest.start();
    const [alive, dead] = [await app.browser(), await app.browser()];
    await app.sessions.revoke(dead.session.id);
    const outcomes = await Promise.allSettled([alive, dead, alive].map(({ cookie }) => app.cookie(cookie)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('share an outage, as an outage', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    app.store.isAway = true;
    const outcomes = await Promise.allSettled([app.cookie(cookie), app.cookie(cookie)]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailableError) });
  });
});

describe('a request that comes after a batch was sent', () => {
  it('is never answered from it: what was revoked meanwhile is refused (P1)', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const late: Promise<unknown>[] = [];
    // The batch has left; before its answer is here the session ends and another request comes.
    app.store.intrude = (record) => {
      app.store.intrude = (next) => next;
      late.push(app.sessions.revoke(session.id).then(() => app.cookie(cookie)));
      return record;
    };
    await app.cookie(cookie);
    await expect(Promise.all(late)).rejects.toThrow(InvalidSessionError);
    expect(app.store.count('find')).toBe(2);
  });
});

describe('a token that only a holder of a signing key can have made', () => {
  const key = ed25519Key('stolen');
  const header = { alg: 'Ed25519', typ: 'at+jwt', kid: 'stolen' };
  const claimsOf = (token: string): object => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const forge = (token: string, change: object) => signedBy(key, { header, payload: { ...claimsOf(token), ...change } });
  const start = () => CoreUnderTest.start({ signingKeys: [key], limit: 'unlimited', anonymous: {} });

  /** Refused as an access token and at the introspection, and able to end nothing. */
  async function expectRefused(app: CoreUnderTest, token: string, sessionId: string) {
    app.events.length = 0;
    await expect(app.token(token)).rejects.toThrow(InvalidTokenError);
    expect(app.eventsOf('session.refused')).toMatchObject([{ cause: 'forged', sessionId }]);
    expect(await app.tokens.introspect(token)).toEqual({ active: false });
    await app.tokens.logout(token, FIREFOX).catch(() => undefined); // whatever it answers
    expect(await app.store.stored(sessionId)).toBeDefined();
  }

  /** An admin who acts for ada, with another session of his own and one of somebody else. */
  async function acting() {
    const app = await start();
    const principal = { username: 'root', roles: ['admin'] };
    const [own, second] = [await app.api({ userId: 'admin', principal }), await app.api({ userId: 'admin', principal })];
    const other = await app.api({ userId: 'bob' });
    const fence = await app.sessions.fence('ada');
    const ada = { userId: 'ada', principal: { username: 'ada', roles: ['clerk'] }, fence, client: FIREFOX };
    const support = await app.sessions.impersonate(await app.token(own.accessToken), ada);
    await expect(app.token(forge(support.token, {}))).resolves.toMatchObject({ actor: { userId: 'admin' } });
    return { app, support, ids: { own: own.session.id, second: second.session.id, other: other.session.id } };
  }

  it.each<[string, (ids: Awaited<ReturnType<typeof acting>>['ids']) => object | undefined]>([
    ['names nobody', () => undefined],
    ['names somebody else, with the session of the actor', ({ own }) => ({ sub: 'bob', sid: own })],
    ['names another session of the actor', ({ second }) => ({ sub: 'admin', sid: second })],
    ['names somebody else, with a session of his', ({ other }) => ({ sub: 'bob', sid: other })],
  ])('and that, for a session in which somebody acts for a user, %s is refused', async (_, actOf) => {
    const { app, support, ids } = await acting();
    await expectRefused(app, forge(support.token, { act: actOf(ids) }), support.session.id);
    // And the audit trail goes on to name the one who acts.
    await app.sessions.revoke(support.session.id);
    expect(app.eventsOf('session.refused', 'session.ended').at(-1)).toMatchObject({ actorId: 'admin', actorSessionId: ids.own });
  });

  it('and that names an actor for a session of the user’s own is refused, and names nobody in what is told of it later', async () => {
    const { app, ids } = await acting();
    const { session, accessToken } = await app.api({ userId: 'ada' });
    const act = { sub: 'admin', sid: ids.own };
    await expectRefused(app, forge(accessToken, { act }), session.id);
    await expect(app.token(forge(accessToken, { act, exp: 1 }))).rejects.toThrow(InvalidTokenError);
    await expect(app.token(accessToken)).resolves.toMatchObject({ id: session.id });
    await app.sessions.revoke(session.id);
    const [ended] = app.eventsOf('session.ended');
    expect(ended).toMatchObject({ sessionId: session.id, userId: 'ada' });
    expect(ended).not.toHaveProperty('actorId');
  });

  it('and that is for the session of a visitor is refused: it makes no user of him', async () => {
    const app = await start();
    const { session } = await app.sessions.anonymous.begin({ cart: ['tea'] }, FIREFOX);
    const { userId } = (await app.store.stored(session.id)) ?? {};
    const { accessToken } = await app.api();
    await expectRefused(app, forge(accessToken, { sub: userId, sid: session.id }), session.id);
  });
});
