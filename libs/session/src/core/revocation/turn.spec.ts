import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CoreUnderTest, FIREFOX } from '../../../spec/core-under-test.js';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { Turn } from './turn.js';

const BOUND = 200;
const EACH_TAKES = 10;

/** How many of those who wait for the end of the same turn go on together, group by group; `each` is what one of them then does. */
async function groupsOf(turn: Turn, count: number, each: () => void = () => undefined): Promise<readonly number[]> {
  const groups: number[] = [];
  let isFirst = true;
  const wait = async () => {
    await turn.end();
    if (isFirst) groups.push(0);
    isFirst = false;
    groups[groups.length - 1] = (groups.at(-1) ?? 0) + 1;
    await Promise.resolve(); // what goes on together has all come this far before one of them goes on
    isFirst = true;
    each();
  };
  await Promise.all(Array.from({ length: count }, wait));
  await new Promise(setImmediate); // the turn is over
  return groups;
}

describe('requests that came in together', () => {
  it('go on together, twice as many each time, for as long as they are handled in a moment', async () => {
    const stopwatch = new HeldStopwatch();
    const turn = new Turn(stopwatch);
    expect(await groupsOf(turn, 20)).toEqual([1, 2, 4, 8, 5]);
    expect(await groupsOf(turn, 40)).toEqual([16, 24]);
    expect(await groupsOf(turn, 40)).toEqual([32, 8]);
    expect(await groupsOf(turn, 1)).toEqual([1]);
    stopwatch.forward(60_000); // nobody came: that was no handling
    expect(await groupsOf(turn, 40)).toEqual([40]);
  });

  it('go on in smaller groups, down to one by one, as soon as handlers take longer', async () => {
    const stopwatch = new HeldStopwatch();
    const turn = new Turn(stopwatch);
    for (let time = 0; time < 4; time += 1) await groupsOf(turn, 40);
    expect(await groupsOf(turn, 60, () => stopwatch.forward(2))).toEqual([60]); // nobody could know
    expect(await groupsOf(turn, 15, () => stopwatch.forward(2))).toEqual([5, 5, 5]);
    expect(await groupsOf(turn, 9, () => stopwatch.forward(20))).toEqual([5, 1, 1, 1, 1]);
    for (let time = 0; time < 4; time += 1) await groupsOf(turn, 40);
    expect(await groupsOf(turn, 5, () => stopwatch.forward(4))).toEqual([5]); // fewer than might have: by what these took
    expect(await groupsOf(turn, 4)).toEqual([2, 2]);
  });

  it('are judged one by one where each holds the process up: none of them passes after the bound for what the others took', async () => {
    const app = await CoreUnderTest.start();
    const stopwatch = new HeldStopwatch();
    const near = await app.beside({}, stopwatch);
    const { session, cookie } = await app.browser();
    const request = () => near.sessions.authenticateCookie(cookie, FIREFOX, { within: BOUND });
    await request(); // from here on there is a copy
    await app.sessions.revoke(session.id, 'logout'); // by another instance, and nobody tells this one
    const readAt = stopwatch.monotonic;
    const begun: number[] = [];
    const handled = async () => {
      await request();
      begun.push(stopwatch.monotonic - readAt);
      stopwatch.forward(EACH_TAKES);
    };
    const results = await Promise.allSettled(Array.from({ length: 50 }, handled));
    expect(begun).toEqual(Array.from({ length: BOUND / EACH_TAKES + 1 }, (_, at) => at * EACH_TAKES));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(50 - begun.length);
  });
});

describe('a test of the host, with timers that stand still', () => {
  afterEach(() => void jest.useRealTimers());

  it.each([0, BOUND])('hears of a session all the same: within %d ms', async (within) => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    for (let time = 0; time < 2; time += 1)
      await expect(app.sessions.authenticateCookie(cookie, FIREFOX, { within })).resolves.toBeDefined();
  });
});
