import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CoreUnderTest } from '../../../spec/core-under-test.js';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { until } from '../../../spec/until.js';
import { InvalidSessionError, StoreUnavailableError } from '../errors.js';
import type { Session } from '../session.js';
import type { LiveEnd } from './live-connection.js';

describe('a live connection', () => {
  let stopwatch: HeldStopwatch;
  let app: CoreUnderTest;
  let other: CoreUnderTest;
  let ends: LiveEnd[];

  beforeEach(async () => {
    stopwatch = new HeldStopwatch();
    other = await CoreUnderTest.start();
    app = await other.beside({}, stopwatch);
    ends = [];
  });
  afterEach(() => app.live.close());

  const connect = (session: Session) =>
    app.live.admit(
      session,
      () => app.standing(session),
      (why) => void ends.push(why),
    );
  const login = async () => app.cookie((await app.browser()).cookie);
  const toEnd = () =>
    until(
      'the connection ends',
      async () => ends.length,
      (count) => count === 1,
    );
  const looked = () => new Promise((resolve) => setTimeout(resolve, 20));

  it('ends when this instance ends its session', async () => {
    const session = await login();
    await connect(session);
    await app.sessions.revoke(session.id);
    await toEnd();
    expect([ends, app.live.size]).toEqual([['session_over'], 0]);
  });

  it('ends when another instance ends its session, and the feed says so', async () => {
    app.feed.start(() => undefined);
    await looked();
    const session = await login();
    await connect(session);
    await other.sessions.revoke(session.id);
    await toEnd();
    expect(ends).toEqual(['session_over']);
    await app.feed.close();
  });

  it('ends within the bound where nobody tells of the end', async () => {
    const session = await login();
    await connect(session);
    await other.sessions.revoke(session.id);
    stopwatch.forward(2_400);
    app.live.look();
    await looked();
    expect(ends).toEqual([]); // asked no more often than it must
    stopwatch.forward(200);
    app.live.look();
    await toEnd();
    expect(ends).toEqual(['session_over']);
  });

  it('ends before the bound is reached while the store cannot be asked, and lives when it can again', async () => {
    const session = await login();
    await connect(session);
    app.store.isAway = true;
    stopwatch.forward(3_900);
    app.live.look();
    await looked();
    expect(ends).toEqual([]);
    app.store.isAway = false;
    app.live.look();
    await looked();
    app.store.isAway = true;
    stopwatch.forward(3_900);
    app.live.look();
    await looked();
    expect(ends).toEqual([]);
    stopwatch.forward(200);
    app.live.look();
    expect(ends).toEqual(['store_unavailable']);
  });

  it('ends when its session expires, which a message puts off and silence does not', async () => {
    const session = await login();
    const connection = await connect(session);
    app.clock.forward(session.endsAt - app.clock.now() - 60_000);
    await app.live.use(connection);
    await app.sessions.settled();
    app.clock.forward(120_000);
    stopwatch.forward(3_000);
    app.live.look();
    await looked();
    expect(ends).toEqual([]);
    app.clock.forward(session.endsAt - session.lastSeenAt);
    app.live.look(); // though too little time has passed by the stopwatch
    await toEnd();
    expect(ends).toEqual(['session_over']);
  });

  it('ends when its session gets another secret, or its user other roles, for whoever holds the new one to connect again', async () => {
    const [first, second] = [await login(), await login()];
    await connect(first);
    await app.sessions.reauthenticate(first, await app.sessions.fence('user-1'));
    await toEnd();
    expect(ends).toEqual(['session_changed']);
    ends = [];
    await connect(second);
    await app.sessions.setPrincipal('user-1', { username: 'name of user-1', roles: ['clerk', 'admin'] });
    await toEnd();
    expect(ends).toEqual(['session_changed']);
  });

  it('is not let in when its session ended after it was authenticated, nor when the store cannot say', async () => {
    const session = await login();
    await other.sessions.revoke(session.id);
    await expect(connect(session)).rejects.toThrow(InvalidSessionError);
    app.store.isAway = true;
    await expect(connect(session)).rejects.toThrow(StoreUnavailableError);
    app.store.isAway = false;
    expect([app.live.size, ends]).toEqual([0, []]);
  });

  it('is asked about once more when the news of a change overtakes the answer', async () => {
    const session = await login();
    let overtake = async () => {};
    const recheck = async () => {
      const standing = await app.standing(session);
      await overtake();
      return standing;
    };
    await app.live.admit(session, recheck, (why) => void ends.push(why));
    overtake = async () => {
      overtake = async () => {};
      await other.sessions.revoke(session.id);
      app.live.tell({ id: session.id });
    };
    app.live.tell({ id: session.id });
    await toEnd();
    expect(ends).toEqual(['session_over']);
  });

  it('answers each message by the store, and none any more once its session is over', async () => {
    const session = await login();
    const connection = await connect(session);
    expect((await app.live.use(connection)).userId).toBe('user-1');
    await other.sessions.revoke(session.id);
    await expect(app.live.use(connection)).rejects.toThrow(InvalidSessionError);
    await expect(app.live.use(connection)).rejects.toThrow(InvalidSessionError);
    expect(ends).toEqual(['session_over']);
  });

  it('is forgotten when it closes by itself, and ends nobody else', async () => {
    const session = await login();
    const connection = await connect(session);
    await connect(session);
    app.live.release(connection);
    expect(app.live.size).toBe(1);
    app.live.close();
    expect([ends, app.live.size]).toEqual([['going_away'], 0]);
  });
});
