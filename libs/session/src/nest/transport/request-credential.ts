import type { ClientContext } from '../../core/client-context.js';
import { RepeatedTokenError } from '../../core/tokens/dpop/dpop-errors.js';
import type { PresentedProof } from '../../core/tokens/dpop/presented-proof.js';
import { headerLines, headerOf, type HttpRequest } from './http-request.js';
import { presentedProofOf } from './request-proof.js';

/** The credential of a request, not yet verified. The URL is never looked at (ASVS 14.2.1). */
export type RequestCredential =
  /** `proof`: under the scheme `DPoP` alone, and then always, though it may be empty. */
  | { readonly kind: 'token'; readonly value: string; readonly proof: PresentedProof | undefined }
  | { readonly kind: 'cookie'; readonly value: string }
  | { readonly kind: 'none' };

const TOKEN_SCHEMES = /^(Bearer|DPoP)(?:[ \t]+(.*))?$/i;

/** One more token behind a comma: what some platforms make of two headers. */
const SECOND_TOKEN = /,[ \t]*(?:Bearer|DPoP)[ \t]/i;

/**
 * Finds the credential. A token decides, also beside a cookie: a bad one is refused even next to a good cookie.
 * @throws RepeatedTokenError
 */
export function credentialOf(request: HttpRequest, cookieName: string): RequestCredential {
  const authorization = headerOf(request, 'authorization') ?? '';
  const [, named, value = ''] = TOKEN_SCHEMES.exec(authorization) ?? [];
  const scheme = schemeOf(named);
  if (scheme) {
    const isRepeated = headerLines(request, 'authorization').length > 1 || SECOND_TOKEN.test(authorization);
    if (isRepeated) throw new RepeatedTokenError();
    return { kind: 'token', value, proof: scheme === 'DPoP' ? presentedProofOf(request) : undefined };
  }
  const cookies = cookiesOf(request, cookieName);
  // Twice: one of them was tossed in by someone else (a sibling host), and guessing which would let him choose the session. Both
  // together are the text of no session, so that it is refused, and a logout clears it.
  return cookies.length === 0 ? { kind: 'none' } : { kind: 'cookie', value: cookies.join(';') };
}

/** The scheme by which the request chose to be judged by a token: only `Bearer` and `DPoP` make it so. */
export function tokenSchemeOf(request: HttpRequest): 'Bearer' | 'DPoP' | undefined {
  const [, scheme] = TOKEN_SCHEMES.exec(headerOf(request, 'authorization') ?? '') ?? [];
  return schemeOf(scheme);
}

function schemeOf(name: string | undefined): 'Bearer' | 'DPoP' | undefined {
  if (name === undefined) return undefined;
  return name.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer';
}

/** Every value of the session cookie, its name compared exactly, whatever else the request carries. */
export function cookiesOf(request: HttpRequest, name: string): readonly string[] {
  const values: string[] = [];
  for (const pair of headerOf(request, 'cookie')?.split(';') ?? []) {
    if (!pair.includes(name)) continue;
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) values.push(pair.slice(at + 1).trim());
  }
  return values;
}

/** What the request tells of the client. */
export function clientOf(request: HttpRequest): ClientContext {
  const address = request.ip ?? '';
  return {
    address: address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address,
    userAgent: headerOf(request, 'user-agent') ?? '',
  };
}
