import type { Chart } from './chart.js';
import { bars, topOf } from './drawing.js';
import { rowsOf, whole } from './in-words.js';
import type { Span } from './span.js';
import type { Counted } from './trail-counts.js';

/** What a chart of events is about. */
export interface CountSubject {
  readonly what: Counted;
  readonly title: string;
  /** Whether a single one is worth a look. */
  readonly isAlarm?: boolean;
}

/** A scale that ends at less would make a mountain of a single one. */
const LEAST = 4;

/** How often something happened in each slot, at all instances. */
export function countChart(
  { what, title, isAlarm = false }: CountSubject,
  { each }: Span,
  slots: readonly number[],
  values: readonly number[],
): Chart {
  const total = values.reduce((sum, value) => sum + value, 0);
  const series = { name: title, values };
  const top = topOf([series], LEAST);
  return {
    id: what,
    title,
    from: 'all',
    headline: whole(total),
    summary: total === 0 ? 'None.' : `${whole(total)} in all, at the most ${whole(Math.max(...values))} in one ${each}.`,
    alarming: isAlarm && total > 0,
    top: whole(top),
    names: [title],
    paths: [bars(series, top)],
    rows: rowsOf(slots, [series], whole),
  };
}
