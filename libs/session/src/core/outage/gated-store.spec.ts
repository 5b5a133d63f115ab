import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { MemorySessionStore } from '../../stores/memory/memory-session.store.js';
import { storeContract } from '../../testing/store-contract.js';
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

  override pass<T>(call: () => Promise<T>, passage?: Passage): Promise<T> {
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
