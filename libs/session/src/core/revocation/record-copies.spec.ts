import { beforeEach, describe, expect, it } from '@jest/globals';
import { CoreUnderTest, FIREFOX } from '../../../spec/core-under-test.js';
import { InvalidGrantError, InvalidSessionError, InvalidTokenError } from '../errors.js';
import { minutes } from '../options/durations.js';
import type { Moment, Stopwatch } from '../ports/stopwatch.js';

/** A stopwatch that stands still until it is told to move. */
class HeldStopwatch implements Stopwatch {
  monotonic = 1_000;
  wall = 2_000_000_000_000;

  now(): Moment {
    return { monotonic: this.monotonic, wall: this.wall };
  }

  forward(duration: number): void {
    this.monotonic += duration;
    this.wall += duration;
  }
}

const WITHIN = { within: 500 };

describe('an instance that may answer within a bound', () => {
  let one: CoreUnderTest;
  let two: CoreUnderTest;
  let watch: HeldStopwatch;

  beforeEach(async () => {
    one = await CoreUnderTest.start();
    watch = new HeldStopwatch();
    two = await one.beside({}, watch);
  });

  const ask = (cookie: string) => two.sessions.authenticateCookie(cookie, FIREFOX, WITHIN);

  it('asks the store once, and then answers from its copy until the bound has passed', async () => {
    const { cookie } = await one.browser();
    await ask(cookie);
    const before = one.store.count('find');
    watch.forward(500);
    await ask(cookie);
    expect(one.store.count('find')).toBe(before);
    watch.forward(1);
    await ask(cookie);
    expect(one.store.count('find')).toBe(before + 1);
  });

  it('refuses a session that another instance ended, no later than the bound after its own read was sent', async () => {
    const { cookie, session } = await one.browser();
    await ask(cookie);
    await one.sessions.revoke(session.id);
    watch.forward(500);
    await expect(ask(cookie)).resolves.toBeDefined(); // within the bound it may
    watch.forward(1);
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('counts from when the read was sent, not from when its answer came', async () => {
    const { cookie, session } = await one.browser();
    one.store.race('find', async () => watch.forward(400)); // a slow answer
    await ask(cookie);
    await one.sessions.revoke(session.id);
    watch.forward(101);
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it.each([
    ['the monotonic clock has passed the bound, though the wall clock stood still', 501, 0],
    ['the wall clock has passed the bound, though the machine slept', 0, 501],
    ['the wall clock went back', 1, -1],
  ])('does not use a copy when %s', async (_, monotonic, wall) => {
    const { cookie, session } = await one.browser();
    await ask(cookie);
    await one.sessions.revoke(session.id);
    watch.monotonic += monotonic;
    watch.wall += wall;
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('knows at once what it ended or renewed itself', async () => {
    const { cookie, session } = await one.browser();
    await two.sessions.passwordChanged(await ask(cookie));
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
    const other = await one.browser();
    await ask(other.cookie);
    await two.sessions.revoke(other.session.id);
    await expect(ask(other.cookie)).rejects.toThrow(InvalidSessionError);
    const third = await one.browser();
    await ask(third.cookie);
    await two.sessions.revokeAll(session.userId);
    await expect(ask(third.cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('knows at once of a theft that it found itself', async () => {
    const first = await two.api();
    const second = await two.refresh(first.refreshToken);
    await two.sessions.authenticateToken(second.accessToken, FIREFOX, WITHIN);
    await two.sessions.settled();
    two.clock.forward(minutes(1));
    await expect(two.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(two.sessions.authenticateToken(second.accessToken, FIREFOX, WITHIN)).rejects.toThrow(InvalidTokenError);
  });

  it('keeps no answer of a read that was under way when it ended the session', async () => {
    const { cookie, session } = await one.browser();
    let ended: Promise<boolean> | undefined;
    one.store.intrude = (record) => {
      one.store.intrude = (later) => later;
      watch.forward(1);
      ended = two.sessions.revoke(session.id); // its read has been answered by now, but not yet received
      return record;
    };
    await ask(cookie);
    await ended;
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('never refuses by its copy: what the copy would refuse is asked of the store', async () => {
    const { cookie } = await one.browser();
    const held = await ask(cookie);
    const { credentials } = await one.sessions.reauthenticate(held, await one.sessions.fence(held.userId));
    if (credentials.channel !== 'browser') throw new Error('a browser session was renewed');
    await expect(ask(credentials.cookie)).resolves.toBeDefined();
    two.clock.forward(minutes(29));
    await one.cookie(credentials.cookie);
    await one.sessions.settled();
    two.clock.forward(minutes(29)); // by the copy it would have been idle for too long
    await expect(ask(credentials.cookie)).resolves.toBeDefined();
  });

  it('reports the first use of a generation that its copy does not know yet', async () => {
    const first = await one.api();
    await two.sessions.authenticateToken(first.accessToken, FIREFOX, WITHIN);
    const second = await one.refresh(first.refreshToken);
    await two.sessions.authenticateToken(second.accessToken, FIREFOX, WITHIN);
    await two.sessions.settled();
    expect((await one.store.stored(first.session.id))?.usedAt).toBe(one.clock.now());
  });

  it('answers a strict request from the store, whatever copies it holds', async () => {
    const first = await one.api();
    await two.sessions.authenticateToken(first.accessToken, FIREFOX, WITHIN);
    await one.sessions.revoke(first.session.id);
    await expect(two.sessions.authenticateToken(first.accessToken, FIREFOX)).rejects.toThrow(InvalidTokenError);
  });
});
