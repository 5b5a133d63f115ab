import type { Series } from './chart.js';

/** The size of a picture, which is stretched to the place that there is. */
export const WIDTH = 480;
export const HEIGHT = 96;

/** Slots: a line does not cross what is longer unknown. */
const LONGEST_GAP = 5;

/** The end of a scale: as high as the highest, rounded up to a number that people read easily. */
export function topOf(series: readonly Series[], least: number): number {
  const highest = Math.max(least, ...series.flatMap(({ values }) => values.filter((value) => value !== undefined)));
  const size = 10 ** Math.floor(Math.log10(highest));
  return size * ([1, 2, 4, 5, 6, 8, 10].find((step) => step * size >= highest) ?? 10);
}

/** Bars, a little apart, on the ground. */
export function bars({ values }: Series, top: number): string {
  const slot = WIDTH / values.length;
  return values
    .map((value = 0, i) => {
      const height = value === 0 ? 0 : Math.max(2, (value / top) * HEIGHT); // what happened once in a day is to be seen as well
      return height === 0 ? '' : `M${round(i * slot + slot * 0.12)} ${HEIGHT}v${round(-height)}h${round(slot * 0.76)}V${HEIGHT}z`;
    })
    .join('');
}

/** A line through what is known, broken where the slots between are more than a few; what stands alone is a dash. */
export function line({ values }: Series, top: number): string {
  const slot = WIDTH / values.length;
  let path = '';
  let last = Number.NEGATIVE_INFINITY;
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue;
    const [x, y] = [round((i + 0.5) * slot), round(HEIGHT - (value / top) * HEIGHT)];
    path += i - last > LONGEST_GAP ? `M${round(i * slot)} ${y}H${x}` : `L${x} ${y}`;
    last = i;
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
