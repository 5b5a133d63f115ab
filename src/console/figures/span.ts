const MINUTE = 60_000;

/** Milliseconds between two moments at which something is written down: what all charts are made of. */
export const STEP = MINUTE;

/** How much is remembered, in milliseconds. */
export const MEMORY = 24 * 60 * MINUTE;

/** What a chart shows: so many slots, each of so many milliseconds. */
export interface Span {
  readonly name: 'hour' | 'day';
  readonly slots: number;
  readonly slot: number;
  /** What one slot is called. */
  readonly each: string;
}

const HOUR: Span = { name: 'hour', slots: 60, slot: MINUTE, each: 'minute' };
const DAY: Span = { name: 'day', slots: 48, slot: 30 * MINUTE, each: 'half hour' };

/** The span that an address asks for; the hour for whatever else stands there. */
export function spanOf(given: unknown): Span {
  return given === DAY.name ? DAY : HOUR;
}

/** The step that a moment is in: when that began, in milliseconds since the epoch. */
export function stepOf(at: number): number {
  return at - (at % STEP);
}

/** When each slot of a span began, the oldest first: the last is the one that is still under way. */
export function slotsOf({ slots, slot }: Span, now: number): readonly number[] {
  const last = now - (now % slot);
  return Array.from({ length: slots }, (_, i) => last - (slots - 1 - i) * slot);
}
