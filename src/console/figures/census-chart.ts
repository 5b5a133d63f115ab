import type { SessionCensus } from 'nestjs-hybrid-session';
import type { Chart } from './chart.js';
import { line, topOf } from './drawing.js';
import { rowsOf, whole } from './in-words.js';

const LEAST = 4;

/** How many sessions lived, on each channel, when they were counted last in each slot. */
export function censusChart(slots: readonly number[], counted: readonly (SessionCensus | undefined)[]): Chart {
  const series = [
    { name: 'Browsers', values: counted.map((census) => census?.browser) },
    { name: 'Apps', values: counted.map((census) => census?.api) },
  ];
  const last = counted.findLast((census) => census !== undefined);
  const top = topOf(series, LEAST);
  return {
    id: 'sessions',
    title: 'Active sessions',
    from: 'all',
    headline: last ? whole(last.browser + last.api) : '–',
    summary: last
      ? `${whole(last.browser)} of browsers and ${whole(last.api)} of apps, when this instance last counted.`
      : 'Not counted: the session store cannot count, or is away.',
    alarming: false,
    top: whole(top),
    names: series.map(({ name }) => name),
    paths: series.map((one) => line(one, top)),
    rows: rowsOf(slots, series, whole),
  };
}
