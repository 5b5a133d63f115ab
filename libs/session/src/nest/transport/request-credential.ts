import { InvalidSessionError } from '../../core/errors.js';
import type { ClientContext } from '../../core/client-context.js';
import { headerOf, type HttpRequest } from './http-request.js';

/** The credential of a request, not yet verified. The URL is never looked at (ASVS 14.2.1). */
export type RequestCredential =
  | { readonly kind: 'token'; readonly value: string }
  | { readonly kind: 'cookie'; readonly value: string }
  | { readonly kind: 'none' };

const TOKEN_SCHEMES = /^(Bearer|DPoP)(?: +(.*))?$/i;

/** Finds the credential. A token decides, also beside a cookie: a bad one is refused even next to a good cookie. */
export function credentialOf(request: HttpRequest, cookieName: string): RequestCredential {
  const [, scheme, token = ''] = TOKEN_SCHEMES.exec(headerOf(request, 'authorization') ?? '') ?? [];
  // No session is bound to a key yet, so nothing is good under the DPoP scheme (RFC 9449 §7.1): it names a token that is none.
  if (scheme) return { kind: 'token', value: /^bearer$/i.test(scheme) ? token : '' };
  const value = cookieOf(request, cookieName);
  return value === undefined ? { kind: 'none' } : { kind: 'cookie', value };
}

/** Whether the request chose to be judged by a token: only the schemes `Bearer` and `DPoP` make it so. */
export function isTokenRequest(request: HttpRequest): boolean {
  return TOKEN_SCHEMES.test(headerOf(request, 'authorization') ?? '');
}

/**
 * The value of the session cookie, its name compared exactly.
 * @throws InvalidSessionError when it stands twice: one of them was tossed in by someone else (a sibling host), and guessing which
 * would let him choose the session
 */
function cookieOf(request: HttpRequest, name: string): string | undefined {
  const header = headerOf(request, 'cookie') ?? '';
  const values = header.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
  if (values.length > 1)
    throw new InvalidSessionError('The session cookie was sent twice: clear the cookies of this site and log in again.');
  return values[0];
}

/** What the request tells of the client. */
export function clientOf(request: HttpRequest): ClientContext {
  const address = request.ip ?? '';
  return {
    address: address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address,
    userAgent: headerOf(request, 'user-agent') ?? '',
  };
}
