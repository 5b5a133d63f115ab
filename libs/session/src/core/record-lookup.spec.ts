import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest } from '../../spec/core-under-test.js';

describe('look-ups of the same turn', () => {
  it('travel in one command, whether they are of one session or of several', async () => {
    const app = await CoreUnderTest.start();
    const cookies = [await app.browser(), await app.browser({ userId: 'user-2' })].map(({ cookie }) => cookie);
    const before = app.store.count('find');
    await Promise.all([...cookies, ...cookies, ...cookies].map((cookie) => app.cookie(cookie)));
    await new Promise(setImmediate);
    expect(app.store.count('find')).toBe(before + 1);
  });
});
