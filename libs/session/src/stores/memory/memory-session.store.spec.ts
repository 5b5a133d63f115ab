import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../testing/fake-clock.js';
import { storeContract } from '../../testing/store-contract.js';
import { MemorySessionStore } from './memory-session.store.js';

storeContract({ describe, it, beforeAll, afterAll }, async () => ({
  store: new MemorySessionStore(),
  close: async () => undefined,
}));

describe('MemorySessionStore', () => {
  it('tells the time of the clock it was given', async () => {
    const clock = new FakeClock();
    const store = new MemorySessionStore(clock);
    clock.advance(5);
    expect(await store.time()).toBe(2_000_000_000_005);
  });
});
