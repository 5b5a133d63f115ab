import { hours } from '../options/durations.js';

/**
 * How old the copy of a record may be that answers a request (design §7): `strict` asks the store each time; `within` accepts a
 * copy until that many milliseconds after **its own read was sent**, which bounds a revocation whatever the network does.
 */
export type Revocation = 'strict' | { readonly within: number };

/**
 * The same for one route, which may ask for more: with `serveStale`, a request that only reads is answered from a copy for that
 * many milliseconds after its read was sent **while the store cannot be asked**, instead of 503. During an outage a session
 * that another instance ended just before may be served for that long.
 */
export type RouteRevocation = Revocation | { readonly within: number; readonly serveStale: number };

/** Both bounds in milliseconds; 0 is never. */
export interface Freshness {
  readonly within: number;
  readonly serveStale: number;
}

/** No copy answers. */
export const STRICT: Freshness = { within: 0, serveStale: 0 };

const SHORTEST_STALE = 1_000;
const LONGEST_STALE = hours(1);

/** The bounds that a mode means. */
export function freshnessOf(mode: RouteRevocation): Freshness {
  return mode === 'strict' ? STRICT : { serveStale: 0, ...mode };
}

/** What is wrong with the mode of a route, as sentences that name the fault and the cure. */
export function routeFaults(mode: RouteRevocation): readonly string[] {
  const { within, serveStale } = freshnessOf(mode);
  const faults: string[] = [];
  if (!(Number.isSafeInteger(within) && within >= 0))
    faults.push('@RevocationMode must be "strict" or { within: milliseconds of 0 or more }.');
  const isStale = serveStale !== 0 || (typeof mode === 'object' && 'serveStale' in mode);
  if (isStale && !(Number.isSafeInteger(serveStale) && serveStale >= SHORTEST_STALE && serveStale <= LONGEST_STALE))
    faults.push(
      `@RevocationMode: serveStale must be ${SHORTEST_STALE} to ${LONGEST_STALE} ms, not ${serveStale}: write seconds(30), or leave it out.`,
    );
  if (isStale && serveStale < within)
    faults.push(`@RevocationMode: serveStale (${serveStale} ms) must not be below within (${within} ms).`);
  return faults;
}
