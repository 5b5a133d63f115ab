import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, FIREFOX } from '../../../spec/core-under-test.js';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';

const BOUND = 200;
const EACH_TAKES = 10;

describe('requests that came in together', () => {
  it('are judged one by one: what the others take before it makes none of them pass after the bound', async () => {
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
