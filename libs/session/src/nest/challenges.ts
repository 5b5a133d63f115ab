import { InsufficientAuthenticationError, InsufficientScopeError } from '../core/access-errors.js';
import type { SessionError, SessionErrorCode } from '../core/errors.js';
import type { HttpRequest } from './transport/http-request.js';
import { tokenSchemeOf } from './transport/request-credential.js';

/** Who challenges, and for what proofs. */
export interface Challenger {
  readonly realm: string;
  /** Of DPoP proofs; none where they are not taken. */
  readonly algorithms: readonly string[];
}

/** Errors of the token that a request carries, and what RFC 6750 §3.1 and RFC 9449 §7.1 call them. */
const TOKEN_ERRORS: Partial<Record<SessionErrorCode, string>> = {
  invalid_token: 'invalid_token',
  session_evicted: 'invalid_token',
  invalid_request: 'invalid_request',
  invalid_dpop_proof: 'invalid_dpop_proof',
  use_dpop_nonce: 'use_dpop_nonce',
};

/**
 * The challenge that an error calls for (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3): every scheme to a request that brought nothing; to one
 * that brought a token the error, under the scheme that it used. A missing role is no matter of the token.
 */
export function challengeOf(error: SessionError, request: HttpRequest, challenger: Challenger): Record<string, string> {
  const bearer = `Bearer realm="${challenger.realm}"`;
  const dpop = `DPoP realm="${challenger.realm}", algs="${challenger.algorithms.join(' ')}"`;
  if (error.code === 'not_authenticated') {
    return { 'WWW-Authenticate': challenger.algorithms.length > 0 ? `${bearer}, ${dpop}` : bearer };
  }
  const scheme = tokenSchemeOf(request);
  if (!scheme) return {};
  const used = scheme === 'DPoP' && challenger.algorithms.length > 0 ? dpop : bearer;
  const isDemand = error instanceof InsufficientAuthenticationError || error instanceof InsufficientScopeError;
  const name = isDemand ? error.code : TOKEN_ERRORS[error.code];
  if (name === undefined) return {};
  const demand = Object.entries(demandOf(error)).map(([member, value]) => `, ${member}="${value}"`);
  return { 'WWW-Authenticate': `${used}, error="${name}", error_description="${error.message}"${demand.join('')}` };
}

/** What is to be done, under the names of RFC 6750 §3 and RFC 9470 §3: the same for a challenge and for a problem. */
export function demandOf(error: SessionError): Record<string, string | number> {
  if (error instanceof InsufficientScopeError) return { scope: error.scopes.join(' ') };
  if (!(error instanceof InsufficientAuthenticationError)) return {};
  const { maxAge, acrValues } = error.demand;
  return {
    ...(acrValues === undefined ? {} : { acr_values: acrValues.join(' ') }),
    ...(maxAge === undefined ? {} : { max_age: maxAge }),
  };
}
