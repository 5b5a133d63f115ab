import type { ResolvedOptions } from './resolve-options.js';

const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** What these options give up of the protection against other sites (ASVS 3.5.1), as sentences to be said at every start. */
export function optionNotices({ issuer, trustedOrigins, cookie }: ResolvedOptions): string[] {
  const own = new URL(issuer).origin;
  const others = [...trustedOrigins].filter((origin) => origin !== own && !LOOPBACK.test(origin));
  return [
    ...(others.length > 0 ? [`Pages of ${others.join(', ')} may act with the cookie as our own do (trustedOrigins).`] : []),
    ...(cookie.sameSite === 'None'
      ? ['The cookie travels with requests of every other site (cookie.sameSite "none"): only the CSRF checks keep them out.']
      : []),
  ];
}
