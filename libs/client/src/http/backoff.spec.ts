import { describe, expect, it } from '@jest/globals';
import { backoff } from './backoff.js';

describe('The time between retries', () => {
  it('doubles up to a bound, and chance takes off up to half of it', () => {
    expect([1, 2, 3, 6, 20].map((attempt) => backoff(attempt, 1))).toEqual([250, 500, 1_000, 8_000, 8_000]);
    expect([1, 2, 3, 6, 20].map((attempt) => backoff(attempt, 0))).toEqual([125, 250, 500, 4_000, 4_000]);
  });
});
