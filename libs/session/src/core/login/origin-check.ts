/** What a browser says of where a request comes from. Absent headers are `undefined`. */
export interface RequestOrigin {
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` (Fetch Metadata). */
  readonly site: string | undefined;
  /** The URL of the page (RFC 9110 §10.1.3). */
  readonly referer: string | undefined;
}

/** `own`: one of our pages. `foreign`: another site. `unknown`: no browser vouched for it. */
export type OriginVerdict = 'own' | 'foreign' | 'unknown';

/**
 * Judges a request by `Origin`, Fetch Metadata and `Referer` (OWASP CSRF cheat sheet): the first of them that says anything
 * decides. A trusted origin outweighs the site; a word of Fetch Metadata that is not known says nothing. `Referer` can condemn,
 * but never vouch: programs and proxies write it too, and no current browser sends it alone with a request that changes something.
 */
export function judgeOrigin({ origin, site, referer }: RequestOrigin, trusted: ReadonlySet<string>): OriginVerdict {
  if (origin !== undefined) return trusted.has(origin) ? 'own' : 'foreign';
  if (site === 'cross-site' || site === 'same-site') return 'foreign';
  if (site === 'same-origin' || site === 'none') return 'own';
  return !referer || (URL.canParse(referer) && trusted.has(new URL(referer).origin)) ? 'unknown' : 'foreign';
}
