import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CoreUnderTest } from '../../../spec/core-under-test.js';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { ManualClock } from '../../../spec/manual-clock.js';
import { sampleOptions } from '../../../spec/sample-options.js';
import { WatchedCounters } from '../../../spec/watched-counters.js';
import { WatchedStore } from '../../../spec/watched-store.js';
import { MemoryCounters } from '../../stores/memory/memory.counters.js';
import { MemorySessionStore } from '../../stores/memory/memory-session.store.js';
import { StoreUnavailableError } from '../errors.js';
import { resolveOptions } from '../options/resolve-options.js';
import { createSessionCore } from '../session-core.js';

describe('the health of the store', () => {
  let app: CoreUnderTest;
  let watch: HeldStopwatch;

  beforeEach(async () => {
    watch = new HeldStopwatch();
    app = await (await CoreUnderTest.start()).beside({}, watch);
  });

  /** Three calls wait for half a second in vain. */
  async function shut(): Promise<void> {
    const { cookie } = await app.browser();
    for (let i = 0; i < 3; i += 1) {
      app.store.race('find', async () => {
        watch.forward(500);
        throw new StoreUnavailableError();
      });
      await expect(app.cookie(cookie)).rejects.toThrow(StoreUnavailableError);
    }
  }

  it('has no obstacles while the store answers and is fit', async () => {
    expect(await app.health.obstacles()).toEqual([]);
    expect(app.health.state).toEqual({ awayFor: 0, underWay: 0, refused: 0, servedStale: 0 });
  });

  it('tells what makes the store unfit', async () => {
    app.store.faultsToTell = ['It is full: give it more memory.'];
    expect(await app.health.obstacles()).toEqual(['It is full: give it more memory.']);
  });

  it('tells that the store does not answer, and for how long, without asking it again where the gate is shut', async () => {
    app.store.isAway = true;
    await app.health.obstacles();
    watch.forward(12_000);
    expect(await app.health.obstacles()).toEqual([expect.stringMatching(/does not answer \(for 12 s\): see that it runs/)]);
    app.store.isAway = false;
    await shut();
    const asked = app.store.calls.length;
    expect(await app.health.obstacles()).toEqual([expect.stringMatching(/does not answer \(for 2 s\)/)]);
    expect(app.store.calls).toHaveLength(asked);
    expect(app.health.state).toEqual({ awayFor: 1_500, underWay: 0, refused: 1, servedStale: 0 });
  });

  it('finds out by itself that the store is back, without any other request', async () => {
    await shut();
    watch.forward(1_000);
    expect(await app.health.obstacles()).toEqual([]);
    expect(app.health.state.awayFor).toBe(0);
  });

  it('takes nothing for an answer that a store may know without being asked: its faults', async () => {
    const { cookie } = await app.browser();
    await shut();
    watch.forward(1_000);
    app.store.fail('find');
    expect(await app.health.obstacles()).toHaveLength(1);
    await expect(app.cookie(cookie)).rejects.toThrow(StoreUnavailableError);
  });
});

describe('what the gate stands before', () => {
  it('is every look-up, refresh and login of the core; what ends a session has room of its own', async () => {
    const app = await CoreUnderTest.start({ storeLimits: { underWay: 1 } });
    const { refreshToken } = await app.api();
    const { cookie, session } = await app.browser();
    let goOn: () => void = () => undefined;
    app.store.race('list', () => new Promise<void>((resolve) => (goOn = resolve)));
    const list = app.sessions.list('user-1');
    app.store.calls.length = 0;
    for (const call of [() => app.cookie(cookie), () => app.refresh(refreshToken), () => app.browser()])
      await expect(call()).rejects.toThrow(StoreUnavailableError);
    expect(app.store.calls).toEqual([]);
    expect(await app.sessions.revoke(session.id)).toBe(true);
    goOn();
    await list;
    expect((await app.refresh(refreshToken)).refreshToken).toBeDefined();
  });

  it('is the counters of logins, by a gate of their own', async () => {
    const watch = new HeldStopwatch();
    let hits = 0;
    class HungCounters extends WatchedCounters {
      override async pace(): Promise<never> {
        hits += 1;
        watch.forward(500);
        throw new StoreUnavailableError();
      }
    }
    const clock = new ManualClock();
    const store = new WatchedStore(new MemorySessionStore(clock));
    const adapters = { store, clock, counters: new HungCounters(), stopwatch: watch };
    const core = await createSessionCore(resolveOptions(sampleOptions()), adapters);
    for (let i = 0; i < 5; i += 1)
      await expect(core.throttle.attempt({ username: 'ada', address: '192.0.2.1' })).rejects.toThrow(StoreUnavailableError);
    expect([hits, core.health.state.awayFor]).toEqual([3, 0]);
  });

  it('is also the clock, which never tries a shut gate in the place of the request that reads it', async () => {
    const watch = new HeldStopwatch();
    const store = new WatchedStore(new MemorySessionStore());
    const core = await createSessionCore(resolveOptions(sampleOptions()), {
      store,
      counters: new MemoryCounters(),
      stopwatch: watch,
    });
    for (let i = 0; i < 3; i += 1) {
      store.race('fence', async () => {
        watch.forward(500);
        throw new StoreUnavailableError();
      });
      await expect(core.sessions.fence('user-1')).rejects.toThrow(StoreUnavailableError);
    }
    watch.forward(1_000);
    const before = store.count('time');
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000); // the clock is due
    await expect(core.sessions.list('user-1')).resolves.toEqual([]);
    jest.restoreAllMocks();
    expect(store.count('time')).toBe(before);
  });

  it('does not refuse a change of rights, however many sessions it concerns', async () => {
    const app = await CoreUnderTest.start({ limit: 'unlimited', storeLimits: { underWay: 150 } });
    for (let i = 0; i < 350; i += 1) await app.browser();
    expect(await app.sessions.setPrincipal('user-1', { username: 'alice', roles: [] })).toBe(350);
  });
});
