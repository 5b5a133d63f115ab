import { Catch, HttpStatus, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BusyError, SessionError, StoreUnavailableError, TooManyAttemptsError, type SessionErrorCode } from '../core/errors.js';
import { headerOf, type HttpRequest } from './transport/http-request.js';
import { UseDpopNonceError } from '../core/tokens/dpop/dpop-errors.js';
import { challengeOf, demandOf } from './challenges.js';
import { tokenSchemeOf } from './transport/request-credential.js';
import { Gatekeeper } from './guards/gatekeeper.js';

/** The status and the title of every code: the only place where this library's errors meet HTTP. */
const PROBLEMS: Record<SessionErrorCode, readonly [HttpStatus, string]> = {
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

/** How a {@link SessionErrorFilter} answers. A host that renders pages overrides `render` and answers with text. */
export interface ErrorAnswer {
  readonly type: string;
  readonly body: object | string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers every error of this library as a problem (RFC 9457) with its stable `code`, and the challenge it calls for. */
@Catch(SessionError)
export class SessionErrorFilter implements ExceptionFilter<SessionError> {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly gatekeeper: Gatekeeper,
  ) {}

  catch(error: SessionError, context: ArgumentsHost): void {
    const http = context.switchToHttp();
    const response: unknown = http.getResponse();
    const request = http.getRequest<HttpRequest>();
    const [usual, title] = PROBLEMS[error.code];
    const status = this.statusOf(error, usual, request);
    const { type, body, headers } = this.render(error, status, title, request);
    const adapter = this.host.httpAdapter;
    for (const [name, value] of Object.entries({
      'Content-Type': type,
      'Cache-Control': 'no-store',
      ...retryAfter(error),
      ...(error instanceof UseDpopNonceError ? { 'DPoP-Nonce': error.nonce } : {}),
      ...headers,
    })) {
      adapter.setHeader(response, name, value);
    }
    adapter.reply(response, typeof body === 'string' ? body : JSON.stringify(body), status);
  }

  protected render(error: SessionError, status: number, title: string, request: HttpRequest): ErrorAnswer {
    const field = 'field' in error && error.field !== undefined ? { field: error.field } : {};
    const demand = demandOf(error);
    return {
      type: 'application/problem+json; charset=utf-8',
      body: { type: 'about:blank', title, status, code: error.code, detail: error.message, ...field, ...demand },
      headers: challengeOf(error, request, this.gatekeeper.challenger),
    };
  }

  /** A bad proof is 401 beside an access token (RFC 9449 §7.1), 400 in a request for tokens (§5). */
  protected statusOf(error: SessionError, usual: HttpStatus, request: HttpRequest): HttpStatus {
    const isOfProof = error.code === 'invalid_dpop_proof' || error.code === 'use_dpop_nonce';
    return isOfProof && tokenSchemeOf(request) ? HttpStatus.UNAUTHORIZED : usual;
  }
}

/** Answers on the OAuth endpoints: RFC 6749 §5.2. */
@Catch(SessionError)
export class OAuthErrorFilter extends SessionErrorFilter {
  protected override statusOf(_error: SessionError, usual: HttpStatus): HttpStatus {
    return usual;
  }

  protected override render(error: SessionError, _status: number, _title: string, request: HttpRequest): ErrorAnswer {
    const usedBasic = /^Basic /i.test(headerOf(request, 'authorization') ?? '');
    const challenge: Record<string, string> =
      error.code === 'invalid_client' && usedBasic ? { 'WWW-Authenticate': 'Basic realm="oauth"' } : {};
    return {
      type: 'application/json; charset=utf-8',
      body: { error: OAUTH_CODES[error.code] ?? error.code, error_description: plain(error.message) },
      headers: { Pragma: 'no-cache', ...challenge },
    };
  }
}

/** RFC 6749 knows fewer codes than we do. */
const OAUTH_CODES: Partial<Record<SessionErrorCode, string>> = {
  invalid_input: 'invalid_request',
  store_unavailable: 'temporarily_unavailable',
  busy: 'temporarily_unavailable',
};

function retryAfter(error: SessionError): Record<string, string> {
  const waits = error instanceof StoreUnavailableError || error instanceof BusyError || error instanceof TooManyAttemptsError;
  return waits ? { 'Retry-After': String(error.retryAfter) } : {};
}

/** What RFC 6749 §5.2 allows in a description: printable ASCII without quotes and backslashes. */
function plain(text: string): string {
  return text.replaceAll('§', 'section ').replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '');
}
