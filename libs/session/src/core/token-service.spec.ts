import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, CURL, FIREFOX } from '../../spec/core-under-test.js';
import { InvalidGrantError, InvalidScopeError, InvalidSessionError, InvalidTokenError } from './errors.js';
import { days, minutes, seconds } from './options/durations.js';

const refreshEvents = (app: CoreUnderTest) => app.events.map(({ type }) => type).filter((type) => type.startsWith('refresh.'));
const causes = (app: CoreUnderTest) => app.eventsOf('session.refused').map((event) => 'cause' in event && event.cause);

describe('a refresh', () => {
  it('gives the next pair, and the session goes on', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api({ scope: 'a b' });
    app.clock.forward(minutes(4));
    const second = await app.refresh(first.refreshToken);
    expect(second).toMatchObject({ channel: 'api', expiresIn: 300, scope: 'a b' });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await app.token(second.accessToken)).toMatchObject({ id: first.session.id, lastSeenAt: app.clock.now() });
    expect(refreshEvents(app)).toEqual(['refresh.rotated']);
  });

  it('never moves the time of authentication', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    app.clock.forward(minutes(4));
    const second = await app.refresh(first.refreshToken);
    expect((await app.token(second.accessToken)).authenticatedAt).toBe(first.session.authenticatedAt);
  });

  it('in parallel and repeated gives the same successor (P4)', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    const pairs = await Promise.all(Array.from({ length: 20 }, () => app.refresh(first.refreshToken)));
    app.clock.forward(days(13));
    pairs.push(await app.refresh(first.refreshToken));
    expect(new Set(pairs.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    expect((await app.store.stored(first.session.id))?.generation).toBe(1);
  });

  it('whose answer was lost can be repeated however late, while the session lives', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    const lost = await app.refresh(first.refreshToken);
    app.clock.forward(days(14) - 1);
    const again = await app.refresh(first.refreshToken);
    expect(again.refreshToken).toBe(lost.refreshToken);
    await expect(app.token(again.accessToken)).resolves.toBeDefined();
    expect(refreshEvents(app)).toEqual(['refresh.rotated', 'refresh.replayed']);
  });

  it('by the predecessor is good until a window after the successor was first used, and then is theft (P5)', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    const second = await app.refresh(first.refreshToken);
    app.clock.forward(minutes(4));
    await app.token(second.accessToken);
    await app.sessions.settled();
    app.clock.forward(seconds(30));
    expect((await app.refresh(first.refreshToken)).refreshToken).toBe(second.refreshToken);
    app.clock.forward(1);
    await expect(app.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(app.refresh(second.refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(app.token(second.accessToken)).rejects.toThrow(InvalidTokenError);
    expect(refreshEvents(app)).toEqual(['refresh.rotated', 'refresh.replayed', 'refresh.reused']);
    expect(app.ended('reuse')).toEqual([first.session.id]);
  });

  it('by any older token is theft at once, whoever comes second', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    const second = await app.refresh(first.refreshToken);
    const third = await app.refresh(second.refreshToken);
    await expect(app.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(app.refresh(third.refreshToken)).rejects.toThrow(InvalidGrantError);
    expect(app.ended('reuse')).toEqual([first.session.id]);
  });

  it('without a window by the predecessor is theft as soon as the successor was used', async () => {
    const app = await CoreUnderTest.start({ preset: 'aal3' });
    const first = await app.api();
    const second = await app.refresh(first.refreshToken);
    await app.token(second.accessToken);
    await expect(app.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    expect(app.ended('reuse')).toEqual([first.session.id]);
  });

  it('with the window counted from the rotation is theft a window later, used or not', async () => {
    const app = await CoreUnderTest.start({ windowFrom: 'rotation' });
    const first = await app.api();
    await app.refresh(first.refreshToken);
    app.clock.forward(seconds(30));
    await expect(app.refresh(first.refreshToken)).resolves.toBeDefined();
    app.clock.forward(1);
    await expect(app.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    expect(app.ended('reuse')).toEqual([first.session.id]);
  });

  it('heals a store that came back from a copy and forgot rotations: the honest client goes on', async () => {
    const before = await CoreUnderTest.start();
    const first = await before.api();
    const copy = await before.store.stored(first.session.id);
    const second = await before.refresh(first.refreshToken);
    const third = await before.refresh(second.refreshToken);
    const app = await before.afterRollBack([copy]);
    await expect(app.token(third.accessToken)).resolves.toBeDefined();
    const fourth = await app.refresh(third.refreshToken);
    expect((await app.refresh(third.refreshToken)).refreshToken).toBe(fourth.refreshToken);
    await expect(app.refresh(fourth.refreshToken)).resolves.toBeDefined();
    expect(refreshEvents(app)).toEqual(['refresh.healed', 'refresh.replayed', 'refresh.rotated']);
    await expect(app.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    expect(app.ended('reuse')).toEqual([first.session.id]);
  });
});

describe('a refresh is refused, and nothing changes', () => {
  it.each<[string, string, (app: CoreUnderTest, token: string, id: string) => Promise<string>]>([
    ['for a guess', 'forged', async (_app, token) => token.replace(/[^.]+$/, 'A'.repeat(43))],
    ['for a guess of another generation', 'forged', async (_app, token) => token.replace('.0.', '.7.')],
    [
      'for a session that is not there',
      'gone',
      async (_app, token, id) => token.replace(id, `${id.slice(0, 5)}${'A'.repeat(22)}`),
    ],
    ['for a session that has expired', 'expired', async (app, token) => (app.clock.forward(days(14)), token)],
    [
      'for a token that was replaced on purpose',
      'superseded',
      async (app, token) => {
        const [session] = await app.sessions.list('user-1');
        if (session) await app.sessions.reauthenticate(session, await app.sessions.fence('user-1'));
        return token;
      },
    ],
    [
      'for a record that was edited',
      'tampered',
      async (app, token) => ((app.store.intrude = (record) => record && { ...record, acr: 'x' }), token),
    ],
  ])('%s', async (_, cause, spoil) => {
    const app = await CoreUnderTest.start();
    const { session, refreshToken } = await app.api();
    const token = await spoil(app, refreshToken, session.id);
    const before = await app.store.stored(session.id);
    await expect(app.refresh(token)).rejects.toEqual(new InvalidGrantError());
    expect(await app.store.stored(session.id)).toEqual(before);
    expect(causes(app)).toEqual([cause]);
    expect(app.eventsOf('session.refused')[0]).toMatchObject({ address: FIREFOX.address });
    expect(app.eventsOf('session.ended')).toEqual([]);
  });

  it('for what is malformed, before the store is asked', async () => {
    const app = await CoreUnderTest.start();
    const { refreshToken, accessToken } = await app.api();
    const { cookie } = await app.browser();
    app.store.calls.length = 0;
    for (const token of [
      '',
      '*',
      `${refreshToken}=`,
      `${refreshToken}\n`,
      accessToken,
      cookie,
      cookie.replace('nhs_c_', 'nhs_r_'),
    ]) {
      await expect(app.refresh(token)).rejects.toEqual(new InvalidGrantError());
    }
    expect(app.store.calls).toEqual(['find']); // the last one is well-formed: only its session can tell
    expect(app.store.count('rotate')).toBe(0);
  });

  it('for another client, for none, and for one where there was none', async () => {
    const app = await CoreUnderTest.start();
    const mobile = await app.api({ clientId: 'mobile' });
    const own = await app.api();
    await expect(app.refresh(mobile.refreshToken, { clientId: 'other' })).rejects.toThrow(InvalidGrantError);
    await expect(app.refresh(mobile.refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(app.refresh(own.refreshToken, { clientId: 'mobile' })).rejects.toThrow(InvalidGrantError);
    expect(causes(app)).toEqual(['foreign_client', 'foreign_client', 'foreign_client']);
    expect(app.store.count('rotate')).toBe(0);
    await expect(app.refresh(mobile.refreshToken, { clientId: 'mobile' })).resolves.toBeDefined();
    await expect(app.refresh(own.refreshToken, { clientId: 'first-party' })).resolves.toBeDefined();
  });

  it('for another client even with an old token, which would else be theft', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api({ clientId: 'mobile' });
    const second = await app.refresh(first.refreshToken, { clientId: 'mobile' });
    const third = await app.refresh(second.refreshToken, { clientId: 'mobile' });
    await expect(app.refresh(first.refreshToken, { clientId: 'other' })).rejects.toThrow(InvalidGrantError);
    await expect(app.refresh(third.refreshToken, { clientId: 'mobile' })).resolves.toBeDefined();
  });

  it('for a session that ends between the look and the step (P3)', async () => {
    const app = await CoreUnderTest.start();
    const { session, refreshToken } = await app.api();
    app.store.race('rotate', () => app.sessions.revoke(session.id));
    await expect(app.refresh(refreshToken)).rejects.toThrow(InvalidGrantError);
    expect(causes(app)).toEqual(['gone']);
    expect(await app.store.stored(session.id)).toBeUndefined();
  });

  it('for a session that is renewed between the look and the step', async () => {
    const app = await CoreUnderTest.start();
    const { session, refreshToken } = await app.api();
    app.store.race('rotate', async () => app.sessions.reauthenticate(session, await app.sessions.fence('user-1')));
    await expect(app.refresh(refreshToken)).rejects.toThrow(InvalidGrantError);
    expect(causes(app)).toEqual(['superseded']);
  });
});

describe('a refresh by another kind of program', () => {
  const byCurl = (app: CoreUnderTest, refreshToken: string) =>
    app.tokens.refresh({ refreshToken, client: undefined, scope: undefined, context: CURL });

  it('is reported, and answered', async () => {
    const app = await CoreUnderTest.start();
    const { refreshToken } = await app.api();
    await expect(byCurl(app, refreshToken)).resolves.toBeDefined();
    expect(app.eventsOf('client.changed')).toEqual([expect.objectContaining({ device: 'curl', address: CURL.address })]);
  });

  it('ends the session where that is chosen, and rotates nothing', async () => {
    const app = await CoreUnderTest.start({ onClientChange: { userAgent: 'end' } });
    const { refreshToken } = await app.api();
    await expect(byCurl(app, refreshToken)).rejects.toEqual(new InvalidGrantError());
    expect(app.ended('client_changed')).toHaveLength(1);
    expect(app.store.count('rotate')).toBe(0);
  });

  it('with a guess ends nothing', async () => {
    const app = await CoreUnderTest.start({ onClientChange: { userAgent: 'end' } });
    const { refreshToken } = await app.api();
    await expect(byCurl(app, refreshToken.replace(/[^.]+$/, 'A'.repeat(43)))).rejects.toThrow(InvalidGrantError);
    expect(app.events.map(({ type }) => type)).toEqual(['session.opened', 'session.refused']);
  });
});

describe('the scope of a refresh', () => {
  it('may narrow, for that access token alone', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api({ scope: 'a b c' });
    const narrow = await app.refresh(first.refreshToken, { scope: 'c a' });
    expect(narrow.scope).toBe('c a');
    expect((await app.token(narrow.accessToken)).scope).toEqual(['c', 'a']);
    const wide = await app.refresh(narrow.refreshToken);
    expect((await app.token(wide.accessToken)).scope).toEqual(['a', 'b', 'c']);
  });

  it('counts a scope once, and any number of spaces between', async () => {
    const app = await CoreUnderTest.start();
    const { refreshToken } = await app.api({ scope: 'a b' });
    expect((await app.refresh(refreshToken, { scope: ' a  a ' })).scope).toBe('a');
  });

  it.each(['a b d', 'd', 'A', '', ' ', 'a,b', 'a\tb'])(
    'may not be %j where a b c was granted, and then nothing rotates',
    async (scope) => {
      const app = await CoreUnderTest.start();
      const { refreshToken } = await app.api({ scope: 'a b c' });
      await expect(app.refresh(refreshToken, { scope })).rejects.toThrow(InvalidScopeError);
      expect(app.store.count('rotate')).toBe(0);
      await expect(app.refresh(refreshToken)).resolves.toBeDefined();
    },
  );

  it('may not be asked for where none was granted', async () => {
    const app = await CoreUnderTest.start();
    const { refreshToken } = await app.api();
    await expect(app.refresh(refreshToken, { scope: 'a' })).rejects.toThrow(InvalidScopeError);
  });
});

describe('three generations in a row that each saw a replay', () => {
  async function share(app: CoreUnderTest, generations: number) {
    const first = await app.api();
    let { refreshToken } = first;
    for (let i = 0; i < generations; i += 1) {
      const next = await app.refresh(refreshToken);
      await app.refresh(refreshToken);
      ({ refreshToken } = next);
    }
    return { session: first.session, refreshToken };
  }

  it('are reported, and the session goes on', async () => {
    const app = await CoreUnderTest.start();
    const { session, refreshToken } = await share(app, 3);
    expect(app.eventsOf('refresh.suspected_sharing')).toEqual([
      {
        type: 'refresh.suspected_sharing',
        at: app.clock.now(),
        sessionId: session.id,
        userId: 'user-1',
        address: FIREFOX.address,
      },
    ]);
    await expect(app.refresh(refreshToken)).resolves.toBeDefined();
  });

  it('are not suspected before the third', async () => {
    const app = await CoreUnderTest.start();
    await share(app, 2);
    expect(app.eventsOf('refresh.suspected_sharing')).toEqual([]);
  });

  it('end the session where that is chosen', async () => {
    const app = await CoreUnderTest.start({ onSuspectedSharing: 'revoke' });
    await expect(share(app, 3)).rejects.toThrow(InvalidGrantError);
    expect(app.ended('suspected_sharing')).toHaveLength(1);
    expect(await app.sessions.list('user-1')).toEqual([]);
  });
});

describe('introspection (RFC 7662)', () => {
  it('tells of an access token what a resource server needs, and nothing of our own', async () => {
    const app = await CoreUnderTest.start();
    const { session, accessToken } = await app.api({ clientId: 'mobile', scope: 'a b' });
    const now = Math.floor(app.clock.now() / 1000);
    expect(await app.tokens.introspect(accessToken)).toEqual({
      active: true,
      iss: 'https://app.example',
      aud: 'https://app.example',
      sub: 'user-1',
      sid: session.id,
      client_id: 'mobile',
      username: 'name of user-1',
      roles: ['clerk'],
      exp: now + 300,
      iat: now,
      jti: expect.any(String),
      auth_time: now,
      acr: 'aal1',
      amr: ['pwd'],
      scope: 'a b',
      token_type: 'Bearer',
    });
  });

  it('tells of a refresh token when it ends if it is not used', async () => {
    const app = await CoreUnderTest.start();
    const { session, refreshToken } = await app.api();
    expect(await app.tokens.introspect(refreshToken)).toMatchObject({
      active: true,
      sub: 'user-1',
      sid: session.id,
      client_id: 'first-party',
      exp: Math.floor(session.endsAt / 1000),
    });
  });

  it('of an access token counts as its first use', async () => {
    const app = await CoreUnderTest.start();
    const { session, accessToken } = await app.api();
    await app.tokens.introspect(accessToken);
    await app.sessions.settled();
    expect((await app.store.stored(session.id))?.usedAt).toBe(app.clock.now());
  });

  it('of a refresh token changes nothing, not even by an old one', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    const second = await app.refresh(first.refreshToken);
    const third = await app.refresh(second.refreshToken);
    const before = await app.store.stored(first.session.id);
    expect(await app.tokens.introspect(first.refreshToken)).toEqual({ active: false });
    expect(await app.tokens.introspect(second.refreshToken)).toMatchObject({ active: true }); // a retry of it would be answered
    expect(await app.tokens.introspect(third.refreshToken)).toMatchObject({ active: true });
    expect(await app.store.stored(first.session.id)).toEqual(before);
  });

  it.each<[string, (app: CoreUnderTest) => Promise<string>]>([
    ['a text', async () => 'nonsense'],
    ['nothing', async () => ''],
    ['a cookie', async (app) => (await app.browser()).cookie],
    ['a forged refresh token', async (app) => (await app.api()).refreshToken.replace(/[^.]+$/, 'A'.repeat(43))],
    ['an expired access token', async (app) => (await app.api().finally(() => app.clock.forward(minutes(5)))).accessToken],
    [
      'an access token of a dead session',
      async (app) => {
        const { session, accessToken } = await app.api();
        await app.sessions.revoke(session.id);
        return accessToken;
      },
    ],
    [
      'a refresh token of a dead session',
      async (app) => {
        const { session, refreshToken } = await app.api();
        await app.sessions.revoke(session.id);
        return refreshToken;
      },
    ],
    [
      'an access token that was replaced',
      async (app) => {
        const { session, accessToken } = await app.api();
        await app.sessions.reauthenticate(session, await app.sessions.fence('user-1'));
        return accessToken;
      },
    ],
  ])('says of %s that it is not active, and no more', async (_, make) => {
    const app = await CoreUnderTest.start();
    expect(await app.tokens.introspect(await make(app))).toEqual({ active: false });
  });
});

describe('revocation (RFC 7009)', () => {
  it.each(['accessToken', 'refreshToken'] as const)('by the %s ends the whole session', async (kind) => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    await app.tokens.revoke(first[kind], undefined);
    await expect(app.token(first.accessToken)).rejects.toThrow(InvalidTokenError);
    await expect(app.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    expect(app.ended('revoked')).toEqual([first.session.id]);
  });

  it('by the token of another client is a no-op', async () => {
    const app = await CoreUnderTest.start();
    const mobile = await app.api({ clientId: 'mobile' });
    const own = await app.api();
    for (const client of [undefined, { id: 'other', confidential: true }]) {
      await app.tokens.revoke(mobile.accessToken, client);
      await app.tokens.revoke(mobile.refreshToken, client);
    }
    await app.tokens.revoke(own.refreshToken, { id: 'mobile', confidential: false });
    expect(await app.sessions.list('user-1')).toHaveLength(2);
    await app.tokens.revoke(mobile.refreshToken, { id: 'mobile', confidential: false });
    expect(app.ended('revoked')).toEqual([mobile.session.id]);
  });

  it('by a token that would not be accepted is a no-op, and never theft', async () => {
    const app = await CoreUnderTest.start();
    const first = await app.api();
    const second = await app.refresh(first.refreshToken);
    const third = await app.refresh(second.refreshToken);
    const { cookie } = await app.browser();
    const guess = third.refreshToken.replace(/[^.]+$/, 'A'.repeat(43));
    for (const token of ['', 'nonsense', guess, first.refreshToken, cookie]) await app.tokens.revoke(token, undefined);
    app.clock.forward(minutes(5));
    await app.tokens.revoke(first.accessToken, undefined);
    expect(app.eventsOf('session.ended')).toEqual([]);
    await expect(app.cookie(cookie)).resolves.toBeDefined();
    await expect(app.refresh(third.refreshToken)).resolves.toBeDefined();
  });

  it('by the access token of a page ends the session of its cookie', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    await app.tokens.revoke((await app.sessions.accessToken(session)).token, undefined);
    await expect(app.cookie(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('while the session ends otherwise is no error', async () => {
    const app = await CoreUnderTest.start();
    const { session, refreshToken } = await app.api();
    app.store.race('revoke', () => app.sessions.revoke(session.id, 'administrator'));
    await expect(app.tokens.revoke(refreshToken, undefined)).resolves.toBeUndefined();
    expect(app.eventsOf('session.ended')).toHaveLength(1);
  });
});

describe('a logout by access token', () => {
  it('ends the session, also when the token has expired', async () => {
    const app = await CoreUnderTest.start();
    const { accessToken, refreshToken, session } = await app.api();
    app.clock.forward(minutes(6));
    await app.tokens.logout(accessToken, FIREFOX);
    expect(app.ended('logout')).toEqual([session.id]);
    await expect(app.refresh(refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(app.tokens.logout(accessToken, FIREFOX)).resolves.toBeUndefined();
  });

  it('does nothing by a token that was replaced on purpose', async () => {
    const app = await CoreUnderTest.start();
    const { accessToken, session } = await app.api();
    await app.sessions.reauthenticate(session, await app.sessions.fence(session.userId));
    await app.tokens.logout(accessToken, FIREFOX);
    expect(app.ended('logout')).toEqual([]);
  });

  it('refuses what this server did not sign, and another spelling of what it did', async () => {
    const app = await CoreUnderTest.start();
    const { accessToken, refreshToken } = await app.api();
    for (const token of ['', 'x', refreshToken, `${accessToken}=`, `${accessToken}\n`]) {
      await expect(app.tokens.logout(token, FIREFOX)).rejects.toThrow(InvalidTokenError);
    }
    await expect(app.token(accessToken)).resolves.toBeDefined();
  });
});
