import { describe, expect, it } from '@jest/globals';
import { retryAfterOf } from './retry-after.js';

const NOW = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
const parse = (value?: string) => retryAfterOf(new Headers(value === undefined ? {} : { 'Retry-After': value }), NOW);

describe('Retry-After', () => {
  it('is seconds or a date, told in milliseconds; a date that has passed asks for nothing', () => {
    expect([parse('0'), parse('7'), parse('Wed, 21 Oct 2026 07:28:30 GMT'), parse('Wed, 21 Oct 2026 07:00:00 GMT')]).toEqual([
      0, 7_000, 30_000, 0,
    ]);
  });

  it('is nothing where it is absent or nonsense', () => {
    expect([parse(), parse(''), parse('soon'), parse('99999999999')]).toEqual([undefined, undefined, undefined, undefined]);
  });
});
