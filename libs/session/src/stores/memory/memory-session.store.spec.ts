import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aRecord } from '../../testing/a-record.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { storeContract } from '../../testing/store-contract.js';
import { MemorySessionStore } from './memory-session.store.js';
import { MemorySessions } from './memory-sessions.js';

storeContract(
  { describe, it, beforeAll, afterAll },
  async () => ({ store: new MemorySessionStore(), close: async () => undefined }),
  { feed: 'process' },
);

describe('MemorySessionStore', () => {
  it('tells the time of the clock it was given', async () => {
    const clock = new FakeClock();
    const store = new MemorySessionStore(clock);
    clock.advance(5);
    expect(await store.time()).toBe(2_000_000_000_005);
  });

  it('drops the expired sessions of users who never come back while others log in', () => {
    const sessions = new MemorySessions();
    const records = Array.from({ length: 100 }, (_, at) => aRecord({ idleTimeout: at % 2 ? 1_000 : 9_000 }));
    for (const record of records) sessions.put(record);
    for (let login = 0; login < 50; login += 1) sessions.sweep(2_000_000_001_000);
    const left = records.filter(({ id }) => sessions.get(id));
    expect(left).toEqual(records.filter(({ idleTimeout }) => idleTimeout === 9_000));
  });
});
