import type { Chart, Series } from './chart.js';
import { line, topOf } from './drawing.js';
import { Durations } from './durations.js';
import { duration, rowsOf } from './in-words.js';

/** What a chart of durations is about. */
export interface DurationSubject {
  readonly id: string;
  readonly title: string;
  /** What took so long. */
  readonly what: string;
}

const MOST = 0.95;
const HALF = 0.5;

/** How long something took here in each slot: half of the times, and nearly all. */
export function durationChart(
  { id, title, what }: DurationSubject,
  slots: readonly number[],
  durations: readonly (readonly Durations[])[],
): Chart {
  const of = (part: number) => durations.map((slot) => Durations.quantile(part, slot));
  const series: readonly Series[] = [
    { name: '19 of 20 within', values: of(MOST) },
    { name: 'Half within', values: of(HALF) },
  ];
  const [most, half] = [MOST, HALF].map((part) => Durations.quantile(part, durations.flat()));
  const isKnown = most !== undefined && half !== undefined;
  const top = topOf(series, 1);
  return {
    id,
    title,
    from: 'this',
    headline: isKnown ? duration(most) : '–',
    summary: isKnown ? `${what}: half within ${duration(half)}, 19 of 20 within ${duration(most)}.` : 'Nothing to tell yet.',
    alarming: false,
    top: duration(top),
    names: series.map(({ name }) => name),
    paths: series.map((one) => line(one, top)),
    rows: rowsOf(slots, series, duration),
  };
}
