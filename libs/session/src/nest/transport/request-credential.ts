import type { ClientContext } from '../../core/client-context.js';
import { headerOf, type HttpRequest } from './http-request.js';

/** The credential of a request, not yet verified. The URL is never looked at (ASVS 14.2.1). */
export type RequestCredential =
  | { readonly kind: 'token'; readonly value: string }
  | { readonly kind: 'cookie'; readonly value: string }
  | { readonly kind: 'none' };

const TOKEN_SCHEMES = /^(Bearer|DPoP)(?:[ \t]+(.*))?$/i;

/** Finds the credential. A token decides, also beside a cookie: a bad one is refused even next to a good cookie. */
export function credentialOf(request: HttpRequest, cookieName: string): RequestCredential {
  const [, scheme, token = ''] = TOKEN_SCHEMES.exec(headerOf(request, 'authorization') ?? '') ?? [];
  // No session is bound to a key yet, so nothing is good under the DPoP scheme (RFC 9449 §7.1): it names a token that is none.
  if (scheme) return { kind: 'token', value: /^bearer$/i.test(scheme) ? token : '' };
  const [value, ...more] = cookiesOf(request, cookieName);
  // Twice: one of them was tossed in by someone else (a sibling host), and guessing which would let him choose the session. Both
  // together are the text of no session, so that it is refused, and a logout clears it.
  return value === undefined ? { kind: 'none' } : { kind: 'cookie', value: [value, ...more].join(';') };
}

/** Whether the request chose to be judged by a token: only the schemes `Bearer` and `DPoP` make it so. */
export function isTokenRequest(request: HttpRequest): boolean {
  return TOKEN_SCHEMES.test(headerOf(request, 'authorization') ?? '');
}

/** Every value of the session cookie, its name compared exactly, whatever else the request carries. */
export function cookiesOf(request: HttpRequest, name: string): readonly string[] {
  const header = headerOf(request, 'cookie') ?? '';
  return header.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
}

/** What the request tells of the client. */
export function clientOf(request: HttpRequest): ClientContext {
  const address = request.ip ?? '';
  return {
    address: address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address,
    userAgent: headerOf(request, 'user-agent') ?? '',
  };
}
