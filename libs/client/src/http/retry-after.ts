/**
 * `Retry-After` in milliseconds (RFC 9110 §10.2.3). A date is judged by the device's clock, which may be wrong: whoever waits bounds it.
 */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
