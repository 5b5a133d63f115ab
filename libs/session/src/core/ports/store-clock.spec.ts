import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../spec/manual-clock.js';
import { StoreUnavailableError } from '../errors.js';
import { StoreClock } from './store-clock.js';

const START = 1_700_000_000_000;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A machine, and a store whose clock is ahead of it by `ahead`; each answer takes `travel` there and the same back. */
function clocks({ ahead = 5_000, travel = 0 } = {}) {
  const machine = new ManualClock(START);
  const store = {
    ahead,
    asked: 0,
    isAway: false,
    async time() {
      store.asked += 1;
      machine.forward(travel);
      const there = machine.now() + store.ahead;
      machine.forward(travel);
      if (store.isAway) throw new StoreUnavailableError();
      return there;
    },
  };
  return { machine, store, clock: new StoreClock(store, machine) };
}

describe('the clock of the store', () => {
  it('is followed by a measured offset, the way there and back divided in half', async () => {
    const { clock, machine } = clocks({ ahead: 5_000, travel: 40 });
    await clock.measure();
    const now = machine.now();
    expect(clock.now()).toBe(now + 5_000);
  });

  it('is asked in the background: until the first answer the clock of the machine stands', async () => {
    const { clock } = clocks({ ahead: 5_000 });
    expect(clock.now()).toBe(START);
    await settled();
    expect(clock.now()).toBe(START + 5_000);
  });

  it('is not asked more than once in 30 seconds, however often the time is read', async () => {
    const { clock, store, machine } = clocks();
    for (let i = 0; i < 100; i += 1) clock.now();
    await settled();
    machine.forward(29_999);
    clock.now();
    await settled();
    expect(store.asked).toBe(1);
  });

  it('is asked again after 30 seconds, so that drift is followed', async () => {
    const { clock, store, machine } = clocks({ ahead: 5_000 });
    await clock.measure();
    clock.now();
    await settled();
    store.ahead = 9_000;
    machine.forward(30_000);
    clock.now();
    await settled();
    expect(clock.now()).toBe(machine.now() + 9_000);
  });

  it('is asked again when the clock of the machine was set back', async () => {
    const { clock, store, machine } = clocks();
    clock.now();
    await settled();
    machine.moveTo(START - 3_600_000);
    store.ahead = 3_605_000;
    clock.now();
    await settled();
    expect(store.asked).toBe(2);
    expect(clock.now()).toBe(START + 5_000);
  });

  it('is asked again soon when it did not answer, and then not for another 30 seconds', async () => {
    const { clock, store, machine } = clocks({ ahead: 5_000 });
    store.isAway = true;
    await expect(clock.measure()).resolves.toBeUndefined();
    machine.forward(999);
    clock.now();
    await settled();
    expect(store.asked).toBe(1);
    store.isAway = false;
    machine.forward(1);
    clock.now();
    await settled();
    expect(clock.now()).toBe(machine.now() + 5_000);
    machine.forward(29_999);
    clock.now();
    await settled();
    expect(store.asked).toBe(2);
  });

  it('keeps its last offset while the store is away, without an error, and follows again when it is back', async () => {
    const { clock, store, machine } = clocks({ ahead: 5_000 });
    clock.now();
    await settled();
    store.isAway = true;
    machine.forward(30_000);
    expect(clock.now()).toBe(machine.now() + 5_000);
    await settled();
    store.isAway = false;
    store.ahead = 6_000;
    machine.forward(30_000);
    clock.now();
    await settled();
    expect(clock.now()).toBe(machine.now() + 6_000);
  });
});
