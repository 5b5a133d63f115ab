import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { effectiveEnd, isExpired, touchInterval } from './lifetimes.js';

const MINUTE = 60_000;
const session = { lastSeenAt: 1_000_000, idleTimeout: 30 * MINUTE, expiresAt: 1_000_000 + 480 * MINUTE };

describe('the end of a session', () => {
  it('is its idle end while that comes first', () => {
    expect(effectiveEnd(session)).toBe(session.lastSeenAt + session.idleTimeout);
  });

  it('is its absolute end when idle time would run beyond it', () => {
    expect(effectiveEnd({ ...session, lastSeenAt: session.expiresAt - 1 })).toBe(session.expiresAt);
  });

  it('is exact: alive a millisecond before, expired at that moment', () => {
    const end = effectiveEnd(session);
    expect(isExpired(session, end - 1)).toBe(false);
    expect(isExpired(session, end)).toBe(true);
  });

  it('comes at the absolute end however often the session was seen', () => {
    expect(isExpired({ ...session, lastSeenAt: session.expiresAt }, session.expiresAt)).toBe(true);
    expect(isExpired({ ...session, lastSeenAt: Number.MAX_SAFE_INTEGER }, session.expiresAt)).toBe(true);
  });

  it.each(['lastSeenAt', 'idleTimeout', 'expiresAt'] as const)('has come when the store holds no number for %s', (field) => {
    expect(isExpired({ ...session, [field]: Number.NaN }, session.lastSeenAt)).toBe(true);
  });
});

describe('touching', () => {
  it.each([
    [14 * 1440 * MINUTE, MINUTE],
    [30 * MINUTE, MINUTE],
    [15 * MINUTE, 30_000],
    [MINUTE, 2_000],
    [10, 0],
  ])('of a session with idle time %i ms waits %i ms', (idle, interval) => {
    expect(touchInterval(idle)).toBe(interval);
  });

  it('ends a session at most that much early after its last use, and never late', () => {
    const idles = fc.integer({ min: 1, max: 86_400_000 });
    const pauses = fc.array(fc.double({ min: 0, max: 0.96, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(idles, pauses, (idle, uses) => {
        let lastUse = 0;
        let lastSeenAt = 0;
        for (const pause of uses) {
          lastUse += Math.floor(pause * idle);
          expect(isExpired({ lastSeenAt, idleTimeout: idle, expiresAt: Number.MAX_SAFE_INTEGER }, lastUse)).toBe(false);
          if (lastUse - lastSeenAt >= touchInterval(idle)) lastSeenAt = lastUse;
        }
        const end = effectiveEnd({ lastSeenAt, idleTimeout: idle, expiresAt: Number.MAX_SAFE_INTEGER });
        expect(end).toBeLessThanOrEqual(lastUse + idle);
        expect(end).toBeGreaterThanOrEqual(lastUse + idle - touchInterval(idle));
      }),
    );
  });
});
