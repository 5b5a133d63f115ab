import type { SessionCensus } from 'nestjs-hybrid-session';
import type { Chart } from './chart.js';
import { line, topOf } from './drawing.js';
import { rowsOf, whole } from './in-words.js';

const NAMES: Readonly<Record<keyof SessionCensus, string>> = {
  browser: 'Browsers',
  api: 'Apps',
  support: 'Support',
  visitor: 'Visitors',
};
const CHANNELS = ['browser', 'api', 'support', 'visitor'] as const satisfies readonly (keyof SessionCensus)[];
const LEAST = 4;

/** How many sessions lived, on each channel, when they were counted last in each slot. */
export function censusChart(slots: readonly number[], counted: readonly (SessionCensus | undefined)[]): Chart {
  const series = CHANNELS.map((channel) => ({ name: NAMES[channel], values: counted.map((census) => census?.[channel]) }));
  const last = counted.findLast((census) => census !== undefined);
  const parts = CHANNELS.map((channel) => `${NAMES[channel]} ${whole(last?.[channel] ?? 0)}`);
  const total = CHANNELS.reduce((sum, channel) => sum + (last?.[channel] ?? 0), 0);
  const top = topOf(series, LEAST);
  return {
    id: 'sessions',
    title: 'Active sessions',
    from: 'all',
    headline: last ? whole(total) : '–',
    summary: last
      ? `${parts.join(', ')}, when this instance last counted.`
      : 'Not counted: the session store cannot count, or is away.',
    alarming: false,
    top: whole(top),
    names: series.map(({ name }) => name),
    paths: series.map((one) => line(one, top)),
    rows: rowsOf(slots, series, whole),
  };
}
