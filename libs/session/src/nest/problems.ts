import { HttpStatus } from '@nestjs/common';
import { UseDpopNonceError } from '../core/tokens/dpop/dpop-errors.js';
import type { HttpRequest } from './transport/http-request.js';
import { tokenSchemeOf } from './transport/request-credential.js';
import {
  BusyError,
  type SessionError,
  StoreUnavailableError,
  TooManyAttemptsError,
  type SessionErrorCode,
} from '../core/errors.js';

/** The status and the title of every code: the only place where this library's errors meet HTTP. */
export const PROBLEMS: Record<SessionErrorCode, readonly [HttpStatus, string]> = {
  not_authenticated: [HttpStatus.UNAUTHORIZED, 'Not authenticated'],
  invalid_session: [HttpStatus.UNAUTHORIZED, 'Session not valid'],
  session_evicted: [HttpStatus.UNAUTHORIZED, 'Session ended by another login'],
  invalid_token: [HttpStatus.UNAUTHORIZED, 'Access token not valid'],
  invalid_credentials: [HttpStatus.UNAUTHORIZED, 'Wrong name or password'],
  fenced: [HttpStatus.UNAUTHORIZED, 'Log in again'],
  insufficient_user_authentication: [HttpStatus.UNAUTHORIZED, 'Stronger or more recent authentication needed'],
  invalid_client: [HttpStatus.UNAUTHORIZED, 'Client not authenticated'],
  invalid_request: [HttpStatus.BAD_REQUEST, 'More than one access token'],
  invalid_dpop_proof: [HttpStatus.BAD_REQUEST, 'DPoP proof not valid'],
  use_dpop_nonce: [HttpStatus.BAD_REQUEST, 'DPoP nonce needed'],
  invalid_grant: [HttpStatus.BAD_REQUEST, 'Refresh token not valid'],
  invalid_scope: [HttpStatus.BAD_REQUEST, 'Scope not granted'],
  unsupported_grant_type: [HttpStatus.BAD_REQUEST, 'Grant type not offered'],
  invalid_input: [HttpStatus.BAD_REQUEST, 'Input not valid'],
  forbidden: [HttpStatus.FORBIDDEN, 'Not allowed'],
  impersonation_forbidden: [HttpStatus.FORBIDDEN, 'Not on behalf of a user'],
  insufficient_scope: [HttpStatus.FORBIDDEN, 'Scope does not reach so far'],
  csrf_refused: [HttpStatus.FORBIDDEN, 'CSRF token missing or wrong'],
  origin_refused: [HttpStatus.FORBIDDEN, 'Foreign origin'],
  session_not_found: [HttpStatus.NOT_FOUND, 'No such session'],
  user_not_found: [HttpStatus.NOT_FOUND, 'No such user'],
  stream_not_found: [HttpStatus.NOT_FOUND, 'No such stream'],
  session_limit: [HttpStatus.CONFLICT, 'Too many sessions'],
  conflict: [HttpStatus.CONFLICT, 'Changed by others'],
  data_too_large: [HttpStatus.PAYLOAD_TOO_LARGE, 'Session data too large'],
  too_many_attempts: [HttpStatus.TOO_MANY_REQUESTS, 'Too many attempts'],
  store_unavailable: [HttpStatus.SERVICE_UNAVAILABLE, 'Session store not available'],
  busy: [HttpStatus.SERVICE_UNAVAILABLE, 'Busy'],
  signing_key: [HttpStatus.CONFLICT, 'Signing key not usable'],
  transaction_not_supported: [HttpStatus.INTERNAL_SERVER_ERROR, 'Transaction not supported'],
  invalid_options: [HttpStatus.INTERNAL_SERVER_ERROR, 'Wrong options'],
};

/**
 * The status that an error calls for. A bad proof is 401 beside an access token (RFC 9449 §7.1), 400 in a request for tokens (§5).
 */
export function statusOf({ code }: SessionError, request: HttpRequest): HttpStatus {
  const isOfProof = code === 'invalid_dpop_proof' || code === 'use_dpop_nonce';
  return isOfProof && tokenSchemeOf(request) ? HttpStatus.UNAUTHORIZED : PROBLEMS[code][0];
}

/** What goes with an error whatever its status: when to come again (RFC 9110 §10.2.3), and the nonce to come with (RFC 9449 §8). */
export function headersOf(error: SessionError): Record<string, string> {
  return { ...retryAfter(error), ...(error instanceof UseDpopNonceError ? { 'DPoP-Nonce': error.nonce } : {}) };
}

function retryAfter(error: SessionError): Record<string, string> {
  const waits = error instanceof StoreUnavailableError || error instanceof BusyError || error instanceof TooManyAttemptsError;
  return waits ? { 'Retry-After': String(error.retryAfter) } : {};
}
