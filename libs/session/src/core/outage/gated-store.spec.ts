import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { MemorySessionStore } from '../../stores/memory/memory-session.store.js';
import { aRecord } from '../../testing/a-record.js';
import { storeContract } from '../../testing/store-contract.js';
import { StoreUnavailableError } from '../errors.js';
import type { SessionRecord } from '../record/session-record.js';
import { Deferred } from './deferred.js';
import { GatedStore } from './gated-store.js';
import { StoreGate, type Passage } from './store-gate.js';

const LIMITS = { deadline: 30_000, underWay: 100_000 };

storeContract(
  { describe, it, beforeAll, afterAll },
  async () => {
    const gate = new StoreGate(new HeldStopwatch(), LIMITS);
    return { store: new GatedStore(new MemorySessionStore(), gate), close: async () => undefined };
  },
  { feed: 'process' },
);

/** A gate that shows how it was passed. */
class WatchedGate extends StoreGate {
  readonly passages: (Passage | undefined)[] = [];

  override pass<T>(call: (heard: (questions: number) => void) => Promise<T>, passage?: Passage): Promise<T> {
    this.passages.push(passage);
    return super.pass(call, passage);
  }
}

describe('a store behind a gate', () => {
  const gate = new WatchedGate(new HeldStopwatch(), LIMITS);
  const store = new GatedStore(new MemorySessionStore(), gate);
  const subject = { userId: 'user-1', slot: 'abcd' };
  const passageOf = async (call: () => Promise<unknown>) => {
    gate.passages.length = 0;
    await call();
    return gate.passages;
  };

  it('passes the gate as an ending with all that ends sessions, and without a deadline only where it ends everyone', async () => {
    expect(await passageOf(() => store.revoke('o', 'abcd.x', 'logout', 0))).toEqual([{ kind: 'ending' }]);
    expect(await passageOf(() => store.revokeAll('o', subject, 'logout_all', 0))).toEqual([{ kind: 'ending' }]);
    expect(await passageOf(() => store.revokeEveryone('everyone'))).toEqual([{ kind: 'ending', deadline: Infinity }]);
  });

  it('counts a look-up for as many questions as it carries', async () => {
    const ids = ['abcd.x', 'abcd.y', 'abcd.z'];
    expect(await passageOf(() => store.find(ids))).toEqual([{ weight: 3 }]);
    expect(await passageOf(() => Promise.all(store.findEach(ids)))).toEqual([{ weight: 3 }]);
  });

  it('touches aside, and takes what it says of its faults, or of the time, for no sign of life', async () => {
    expect(await passageOf(() => store.touch('abcd.x', 0))).toEqual([{ kind: 'aside' }]);
    expect(await passageOf(() => store.faults())).toEqual([{ kind: 'aside' }]);
    expect(await passageOf(() => store.used('abcd.x', 0, 0))).toEqual([undefined]);
    expect(await passageOf(() => store.time())).toEqual([{ kind: 'aside' }]);
  });

  it('listens past the gate', async () => {
    expect(await passageOf(() => store.changes(() => undefined))).toEqual([]);
  });
});

describe('look-ups of several records, each of which answers for itself', () => {
  const ids = ['aaaa.1', 'bbbb.2', 'cccc.3'];
  let places: Deferred<SessionRecord | undefined>[];
  let gate: StoreGate;
  let watch: HeldStopwatch;
  let found: readonly Promise<SessionRecord | undefined>[];

  /** A store of several servers. */
  class SpreadStore extends MemorySessionStore {
    override findEach(asked: readonly string[]): readonly Promise<SessionRecord | undefined>[] {
      places = asked.map(() => new Deferred());
      return places.map(({ promise }) => promise);
    }
  }

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    watch = new HeldStopwatch();
    gate = new StoreGate(watch, LIMITS);
    found = new GatedStore(new SpreadStore(), gate).findEach(ids);
  });
  afterEach(() => void jest.useRealTimers());

  it('are one call, and answered one by one', async () => {
    const record = aRecord();
    places[1]?.resolve(record);
    await expect(found[1]).resolves.toBe(record);
    expect(gate.state.underWay).toBe(2);
    places[2]?.reject(new StoreUnavailableError());
    places[0]?.resolve(undefined);
    await expect(found[0]).resolves.toBeUndefined();
    await expect(found[2]).rejects.toThrow(StoreUnavailableError);
    expect(gate.state).toEqual({ awayFor: 0, underWay: 0, refused: 0 });
  });

  it('fail together at the deadline, but for what was answered before, and that one shows that the store answers', async () => {
    watch.forward(1);
    places[1]?.resolve(undefined);
    await expect(found[1]).resolves.toBeUndefined();
    watch.forward(LIMITS.deadline);
    const outcomes = Promise.allSettled(found);
    await jest.advanceTimersByTimeAsync(LIMITS.deadline);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    expect(gate.state.awayFor).toBe(0);
    places[0]?.resolve(undefined); // late
    await jest.advanceTimersByTimeAsync(0);
    expect(gate.state.underWay).toBe(0);
  });

  it('are a failed call when every one of them has failed, as each is told', async () => {
    const outcomes = Promise.allSettled(found);
    for (const place of places) place.reject(new StoreUnavailableError());
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(gate.state.awayFor).toBe(1);
  });
});
