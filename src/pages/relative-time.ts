import { html, type Markup } from './html.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * DAY],
  ['month', 30 * DAY],
  ['week', 7 * DAY],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
];
const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** A moment as people say it, to the minute: "5 minutes ago", "yesterday", "in 8 hours". Both are milliseconds since the epoch. */
export function relativeTime(at: number, now: number): string {
  const distance = Math.round((at - now) / MINUTE) * MINUTE;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(distance) >= size) ?? [];
  if (unit === undefined || length === undefined) return at > now ? 'in less than a minute' : 'just now';
  return format.format(Math.trunc(distance / length), unit);
}

/** The same as markup, for programs too. The script adds the exact time of the reader's own zone. */
export function timeElement(at: number, now: number): Markup {
  return html`<time datetime="${new Date(at).toISOString()}">${relativeTime(at, now)}</time>`;
}
