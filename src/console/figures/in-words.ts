import type { Chart, Series } from './chart.js';

const format = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Says a number of things. */
export function whole(value: number): string {
  return format.format(value);
}

/** Says a duration in milliseconds, of which two digits are known. */
export function duration(value: number): string {
  const [amount, unit] = value < 1_000 ? [value, 'ms'] : [value / 1_000, 's'];
  return `${amount < 10 ? amount.toPrecision(2) : whole(amount)} ${unit}`;
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
