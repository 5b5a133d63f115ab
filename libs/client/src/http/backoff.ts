const FIRST = 250;
const MOST = 8_000;

/**
 * Milliseconds before a retry: twice as many each time, and between half and all of that, so that clients which lost the same
 * server do not return in one wave.
 * @param attempt how many have failed, from 1
 * @param random from 0 up to 1
 */
export function backoff(attempt: number, random: number): number {
  return Math.min(MOST, FIRST * 2 ** (attempt - 1)) * (0.5 + random / 2);
}
