import { minutes } from './durations.js';

/** Milliseconds. */
export const LIVE_WITHIN = 5_000;

const [MIN, MAX] = [1_000, minutes(1)];

/** What is wrong with the bound of live connections, in words. */
export function liveFaults(liveWithin = LIVE_WITHIN): string[] {
  return Number.isSafeInteger(liveWithin) && liveWithin >= MIN && liveWithin <= MAX
    ? []
    : [`liveWithin must be ${MIN} to ${MAX} ms, not ${liveWithin}.`];
}
