import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest } from '../../spec/core-under-test.js';
import { InvalidSessionError, StoreUnavailableError } from './errors.js';

describe('requests that wait in the same turn', () => {
  it('travel in one command, and each gets its own session', async () => {
    const app = await CoreUnderTest.start({ limit: 'unlimited' });
    const opened = await Promise.all(Array.from({ length: 30 }, () => app.browser()));
    app.store.calls.length = 0;
    const found = await Promise.all(opened.map(({ cookie }) => app.cookie(cookie)));
    expect(found.map(({ id }) => id)).toEqual(opened.map(({ session }) => session.id));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(app.store.calls).toEqual(['find']);
  });

  it('do not share a refusal: the dead among them are refused alone', async () => {
    const app = await CoreUnderTest.start();
    const [alive, dead] = [await app.browser(), await app.browser()];
    await app.sessions.revoke(dead.session.id);
    const outcomes = await Promise.allSettled([alive, dead, alive].map(({ cookie }) => app.cookie(cookie)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('share an outage, as an outage', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    app.store.isAway = true;
    const outcomes = await Promise.allSettled([app.cookie(cookie), app.cookie(cookie)]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailableError) });
  });
});

describe('a request that comes after a batch was sent', () => {
  it('is never answered from it: what was revoked meanwhile is refused (P1)', async () => {
    const app = await CoreUnderTest.start();
    const { session, cookie } = await app.browser();
    const late: Promise<unknown>[] = [];
    // The batch has left; before its answer is here the session ends and another request comes.
    app.store.intrude = (record) => {
      app.store.intrude = (next) => next;
      late.push(app.sessions.revoke(session.id).then(() => app.cookie(cookie)));
      return record;
    };
    await app.cookie(cookie);
    await expect(Promise.all(late)).rejects.toThrow(InvalidSessionError);
    expect(app.store.count('find')).toBe(2);
  });
});
