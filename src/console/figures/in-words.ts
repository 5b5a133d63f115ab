import type { Chart, Series } from './chart.js';

const format = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Says a number of things. */
export function whole(value: number): string {
  return format.format(value);
}

/** Says a duration, of which two digits are known. */
export function milliseconds(value: number): string {
  return `${value < 10 ? value.toPrecision(2) : whole(value)} ms`;
}

/** The same figures as a table: a row for each slot, which is named by when it began (UTC), the newest first. */
export function rowsOf(slots: readonly number[], series: readonly Series[], say: (value: number) => string): Chart['rows'] {
  const rows = slots.map((slot, i) => [
    new Date(slot).toISOString().slice('2026-11-26T'.length, '2026-11-26T06:10'.length),
    ...series.map(({ values }) => {
      const value = values[i];
      return value === undefined ? '–' : say(value);
    }),
  ]);
  return rows.toReversed();
}
