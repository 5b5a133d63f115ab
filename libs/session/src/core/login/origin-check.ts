/** What a browser says of where a request comes from. Absent headers are `undefined`. */
export interface RequestOrigin {
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` (Fetch Metadata). */
  readonly site: string | undefined;
}

/** `own`: one of our pages. `foreign`: another site. `unknown`: no browser said anything. */
export type OriginVerdict = 'own' | 'foreign' | 'unknown';

/**
 * Judges a request by Fetch Metadata and `Origin` (OWASP CSRF cheat sheet). Either header can condemn it: an origin that is not
 * trusted, or a site that is neither this origin nor the person's own doing. A trusted origin outweighs the site.
 */
export function judgeOrigin(request: RequestOrigin, trusted: ReadonlySet<string>): OriginVerdict {
  const { origin, site } = request;
  if (origin !== undefined) return trusted.has(origin) ? 'own' : 'foreign';
  if (site === 'cross-site' || site === 'same-site') return 'foreign';
  return site === 'same-origin' || site === 'none' ? 'own' : 'unknown';
}
