import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CoreUnderTest, FIREFOX } from '../../../spec/core-under-test.js';
import { InvalidSessionError } from '../errors.js';
import type { Change, ChangeListener } from '../ports/changes.js';
import { SystemStopwatch } from '../ports/stopwatch.js';

const WITHIN = { within: 3_600_000 };

describe('an instance that listens to the feed of changes', () => {
  let one: CoreUnderTest;
  let two: CoreUnderTest;
  let tell: ChangeListener;

  beforeEach(async () => {
    one = await CoreUnderTest.start();
    two = await one.beside({}, new SystemStopwatch());
    const subscribe = one.store.changes.bind(one.store);
    jest.spyOn(one.store, 'changes').mockImplementation((listener) => {
      tell = listener;
      return subscribe(listener);
    });
  });

  const ask = (cookie: string) => two.sessions.authenticateCookie(cookie, FIREFOX, WITHIN);
  const listening = async (app: CoreUnderTest, onFailure: (error: unknown) => void = () => undefined) => {
    app.feed.start(onFailure);
    await new Promise(setImmediate);
  };

  it('knows what another instance ended or changed long before the bound', async () => {
    await listening(two);
    const [ended, renewed, evicted] = [
      await one.browser(),
      await one.browser({ userId: 'two' }),
      await one.browser({ userId: 'three' }),
    ];
    for (const { cookie } of [ended, renewed, evicted]) await ask(cookie);
    await one.sessions.revoke(ended.session.id);
    await one.sessions.passwordChanged(await one.cookie(renewed.cookie));
    await one.sessions.revokeAll('three');
    for (const { cookie } of [ended, renewed, evicted]) await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('sees at once what another instance wrote into a session, and that everyone was logged out', async () => {
    await listening(two);
    const { cookie } = await one.browser();
    await ask(cookie);
    await one.sessions.writeData(await one.cookie(cookie), () => ({ theme: 'dark' }));
    expect((await ask(cookie)).data).toEqual({ theme: 'dark' });
    await one.sessions.revokeEveryone();
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('asks again about every session of a slot of which too many changed to be named', async () => {
    await listening(two);
    const [mine, others] = [await one.browser(), await one.browser({ userId: 'two' })];
    for (const { cookie } of [mine, others]) await ask(cookie);
    tell({ type: 'slot_changed', slot: mine.session.id.slice(0, 4) });
    const before = one.store.count('find');
    for (const { cookie } of [mine, others]) await ask(cookie);
    expect(one.store.count('find')).toBe(before + 1);
  });

  it('keeps no answer of a read that the news of its end overtook', async () => {
    await listening(two);
    const { cookie, session } = await one.browser();
    one.store.intrude = (record) => {
      one.store.intrude = (later) => later;
      void one.sessions.revoke(session.id); // told before the answer of the read arrives
      return record;
    };
    await ask(cookie);
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('keeps no answer of a read that a gap overtook', async () => {
    await listening(two);
    const { cookie, session } = await one.browser();
    one.store.intrude = (record) => {
      one.store.intrude = (later) => later;
      tell({ type: 'gap' });
      return record;
    };
    await ask(cookie);
    const before = one.store.count('find');
    await ask(cookie);
    expect(one.store.count('find')).toBe(before + 1);
    expect((await ask(cookie)).id).toBe(session.id);
  });

  it('forgets its copies at a gap, and when it begins to listen', async () => {
    const { cookie } = await one.browser();
    const asked = async () => {
      const before = one.store.count('find');
      await ask(cookie);
      return one.store.count('find') - before;
    };
    expect([await asked(), await asked()]).toEqual([1, 0]);
    await listening(two);
    expect([await asked(), await asked()]).toEqual([1, 0]);
    tell({ type: 'gap' });
    expect([await asked(), await asked()]).toEqual([1, 0]);
  });

  it('measures how late it learns of changes, by the store’s clock', async () => {
    await listening(two);
    expect(two.sessions.revocationLag()).toEqual({ count: 0, last: 0, max: 0 });
    const now = one.clock.now();
    const changes: Change[] = [
      { type: 'changed', id: 'a', at: now - 30 },
      { type: 'everyone', at: now - 7 },
      { type: 'slot_changed', slot: 'a', at: now - 1 },
      { type: 'changed', id: 'b' },
      { type: 'gap' },
      { type: 'changed', id: 'c', at: now + 2 },
    ];
    for (const change of changes) tell(change);
    expect(two.sessions.revocationLag()).toEqual({ count: 4, last: 0, max: 30 });
  });

  it('tries again until it may listen, and says once that it may not', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    one.store.isAway = true;
    const onFailure = jest.fn();
    await listening(two, onFailure);
    await jest.advanceTimersByTimeAsync(3_000);
    one.store.isAway = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect([one.store.count('changes'), onFailure.mock.calls.length]).toEqual([5, 1]);
    jest.useRealTimers();
    const { cookie, session } = await one.browser();
    await ask(cookie);
    await one.sessions.revoke(session.id);
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('is told nothing more when it was closed, also while it was trying, or before it began', async () => {
    await listening(two);
    await two.feed.close();
    await one.sessions.revoke((await one.browser()).session.id);
    expect(two.sessions.revocationLag().count).toBe(0);
    one.store.isAway = true;
    const three = await one.beside();
    await listening(three);
    await three.feed.close();
    await (await one.beside()).feed.close();
    expect(one.store.count('changes')).toBe(2);
  });
});
