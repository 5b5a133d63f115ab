import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { StoreUnavailableError } from '../errors.js';
import { StoreGate, type Passage } from './store-gate.js';

const LIMITS = { deadline: 2_000, underWay: 10 };

let watch: HeldStopwatch;
let gate: StoreGate;
/** How many calls reached the store. */
let asked: number;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  watch = new HeldStopwatch();
  gate = new StoreGate(watch, LIMITS);
  asked = 0;
});
afterEach(() => void jest.useRealTimers());

/** Lets time pass, by the timers and by the stopwatch alike. */
async function pass(duration: number): Promise<void> {
  watch.forward(duration);
  await jest.advanceTimersByTimeAsync(duration);
}

const answered = (passage?: Passage) => gate.pass(async () => (asked += 1), passage);
const hung = (passage?: Passage) => {
  const outcome = gate.pass(() => {
    asked += 1;
    return new Promise<never>(() => undefined);
  }, passage);
  outcome.catch(() => undefined); // looked at when it is of interest
  return outcome;
};
const failing = (passage?: Passage) =>
  gate.pass(async () => {
    asked += 1;
    throw new StoreUnavailableError();
  }, passage);

/** Whether a call is refused without reaching the store. */
async function isRefused(passage?: Passage): Promise<boolean> {
  const before = asked;
  const error: unknown = await answered(passage).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return false;
  expect(error).toBeInstanceOf(StoreUnavailableError);
  expect(asked).toBe(before);
  return true;
}

/** Shuts the gate, as three calls do that wait in vain at the same time. */
async function shut(): Promise<void> {
  for (let i = 0; i < 3; i += 1) void hung();
  await pass(LIMITS.deadline);
}

describe('a call of the store', () => {
  it('fails at its deadline, whatever becomes of it later', async () => {
    let answer: (value: string) => void = () => undefined;
    const call = gate.pass(() => new Promise<string>((resolve) => (answer = resolve)));
    const outcome = call.catch((error: unknown) => error);
    await pass(LIMITS.deadline - 1);
    expect(gate.state.underWay).toBe(1);
    await pass(1);
    expect(await outcome).toBeInstanceOf(StoreUnavailableError);
    expect(gate.state.underWay).toBe(0);
    answer('late');
    await pass(0);
    expect(gate.state.awayFor).toBe(2_000); // a late answer says nothing of now
  });

  it('leaves no timer behind, answered or not', async () => {
    await answered();
    await expect(failing()).rejects.toThrow(StoreUnavailableError);
    expect(jest.getTimerCount()).toBe(0);
    await shut();
    expect(await isRefused()).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tells its own error where that is not the absence of the store, and that shuts nothing', async () => {
    for (let i = 0; i < 5; i += 1) {
      const fault = new TypeError('a bug');
      await expect(
        gate.pass(async () => {
          await pass(500);
          throw fault;
        }),
      ).rejects.toBe(fault);
    }
    expect(await isRefused()).toBe(false);
  });

  it('tells why the store failed, also when it fails before its first wait', async () => {
    const cause = new Error('connection refused');
    const call = gate.pass(() => {
      throw new StoreUnavailableError({ cause });
    });
    await expect(call).rejects.toMatchObject({ cause, retryAfter: 1 });
  });

  it('is refused at once while as many questions as are allowed are under way, and no longer', async () => {
    for (let i = 0; i < LIMITS.underWay; i += 1) void hung();
    expect(await isRefused()).toBe(true);
    await pass(LIMITS.deadline);
    expect(gate.state).toEqual({ awayFor: 2_000, underWay: 0, refused: 1 });
  });

  it('counts for as many questions as it carries, and a single one is let through however many it carries', async () => {
    expect(await isRefused({ weight: 5_000 })).toBe(false);
    void hung({ weight: LIMITS.underWay - 1 });
    expect(await isRefused()).toBe(false);
    void hung();
    expect(await isRefused()).toBe(true);
  });

  it('has no deadline where it is given none, as one that goes through all sessions', async () => {
    const everyone = hung({ kind: 'ending', deadline: Number.POSITIVE_INFINITY });
    await pass(60_000);
    expect(gate.state.underWay).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
    void everyone;
  });
});

describe('a gate', () => {
  it('shuts when three calls have waited in vain, and then refuses at once', async () => {
    for (let i = 0; i < 2; i += 1) void hung();
    await pass(LIMITS.deadline);
    expect(await isRefused()).toBe(false); // an answer, so the count begins again
    await pass(1);
    for (let i = 0; i < 2; i += 1) void hung();
    await pass(LIMITS.deadline);
    expect(await isRefused()).toBe(false);
    await pass(1);
    await shut();
    expect(await isRefused()).toBe(true);
    expect(gate.state.refused).toBe(1);
  });

  it('shuts at its own deadline, however short that is', async () => {
    gate = new StoreGate(watch, { ...LIMITS, deadline: 5 });
    for (let i = 0; i < 3; i += 1) void hung();
    await pass(5);
    expect(await isRefused()).toBe(true);
  });

  it('takes a store for hung whose adapter has the shorter deadline', async () => {
    for (let i = 0; i < 3; i += 1) {
      const call = gate.pass(async () => {
        watch.forward(100);
        throw new StoreUnavailableError();
      });
      await expect(call).rejects.toThrow(StoreUnavailableError);
    }
    expect(await isRefused()).toBe(true);
  });

  it('stays open for failures that come at once: they cost nobody time', async () => {
    for (let i = 0; i < 50; i += 1) await expect(failing()).rejects.toThrow(StoreUnavailableError);
    expect(asked).toBe(50);
    expect(await isRefused()).toBe(false);
  });

  it('stays open while somebody is answered', async () => {
    for (let i = 0; i < 20; i += 1) {
      void hung();
      await pass(LIMITS.deadline / 2);
      await answered();
    }
    await pass(LIMITS.deadline);
    expect(await isRefused()).toBe(false);
  });

  it('lets one call through after a moment, and meanwhile no other', async () => {
    await shut();
    await pass(999);
    expect(await isRefused()).toBe(true);
    await pass(1);
    const trial = hung();
    expect(await isRefused()).toBe(true);
    await pass(LIMITS.deadline);
    await expect(trial).rejects.toThrow(StoreUnavailableError);
    expect(await isRefused()).toBe(true); // for another moment
    await pass(1_000);
    expect(await isRefused()).toBe(false); // this one was answered
    expect(await isRefused()).toBe(false);
    expect(gate.state.awayFor).toBe(0);
  });

  it('stays shut when the trial fails at once, and when it fails for another reason tries again with the next call', async () => {
    await shut();
    await pass(1_000);
    await expect(failing()).rejects.toThrow(StoreUnavailableError);
    expect(await isRefused()).toBe(true);
    await pass(1_000);
    await expect(gate.pass(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow(TypeError);
    expect(await isRefused()).toBe(false);
  });

  it('asks a hung store as often as calls may wait, and then once in three seconds, however many come', async () => {
    for (let second = 0; second < 60; second += 1) {
      for (let i = 0; i < 100; i += 1) {
        const call = hung();
        call.catch(() => undefined);
        await pass(10);
      }
    }
    // As many as are allowed at once, two more until the third of them has given up, then one each moment plus deadline.
    expect(asked).toBe(LIMITS.underWay + 2 + Math.floor((60 - 2) / 3));
    expect(gate.state.underWay).toBeLessThanOrEqual(1);
  });

  it('is not shut again by calls that were sent before the store answered once more', async () => {
    for (let i = 0; i < 5; i += 1) void hung();
    await pass(1);
    await answered();
    await pass(LIMITS.deadline);
    expect(gate.state.awayFor).toBe(0);
    expect(await isRefused()).toBe(false);
  });

  it('is opened by any answer', async () => {
    await shut();
    expect(await isRefused({ kind: 'ending' })).toBe(false);
    expect(await isRefused()).toBe(false);
  });

  it('lets what ends sessions through while it is shut, with a deadline and a room of its own', async () => {
    for (let i = 0; i < LIMITS.underWay; i += 1) void hung();
    const endings = Array.from({ length: LIMITS.underWay }, () => hung({ kind: 'ending' }));
    expect(asked).toBe(2 * LIMITS.underWay);
    expect(await isRefused({ kind: 'ending' })).toBe(true);
    const outcomes = Promise.allSettled(endings);
    await pass(LIMITS.deadline);
    expect(new Set((await outcomes).map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(await isRefused()).toBe(true);
  });

  it('is kept shut by no ending that fails', async () => {
    await shut();
    await pass(900);
    await expect(failing({ kind: 'ending' })).rejects.toThrow(StoreUnavailableError);
    await pass(100);
    expect(await isRefused()).toBe(false);
  });

  it('learns nothing from a call aside, and is tried by none', async () => {
    for (let i = 0; i < 3; i += 1) void hung({ kind: 'aside' });
    await pass(LIMITS.deadline);
    expect(gate.state.awayFor).toBe(0);
    await shut();
    await pass(1_000);
    expect(await isRefused({ kind: 'aside' })).toBe(true);
    expect(await isRefused()).toBe(false);
    void hung();
    await pass(500);
    await answered({ kind: 'aside' });
    await pass(LIMITS.deadline);
    expect(gate.state.awayFor).toBeGreaterThan(0);
  });
});

describe('the time after which to try again', () => {
  const retryAfter = async (call: () => Promise<unknown>) => {
    const error: unknown = await call().catch((reason: unknown) => reason);
    return error instanceof StoreUnavailableError ? error.retryAfter : undefined;
  };

  it('grows with the outage, from one second to half a minute, whether the store was asked or not', async () => {
    expect(await retryAfter(failing)).toBe(1);
    await pass(4_001);
    expect(await retryAfter(failing)).toBe(2);
    await pass(36_000);
    expect(await retryAfter(failing)).toBe(11);
    await shut();
    expect(await retryAfter(answered)).toBe(11);
    await pass(3_600_000);
    void hung();
    expect(await retryAfter(answered)).toBe(30);
    await pass(1);
  });

  it('is a second again once the store has answered, and never less than the store asks for', async () => {
    await expect(failing()).rejects.toThrow(StoreUnavailableError);
    await pass(60_000);
    await answered();
    expect(await retryAfter(failing)).toBe(1);
    const patient = () => gate.pass(() => Promise.reject(new StoreUnavailableError({ retryAfter: 7 })));
    expect(await retryAfter(patient)).toBe(7);
  });
});
