import { Catch, HttpStatus, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SessionError, type SessionErrorCode } from '../core/errors.js';
import { headerOf, type HttpRequest } from './transport/http-request.js';
import { challengeOf, demandOf } from './challenges.js';
import { answerBeyondHttp, type FilterResult } from './errors-beyond-http.js';
import { headersOf, PROBLEMS, statusOf } from './problems.js';
import { Gatekeeper } from './guards/gatekeeper.js';

/** How a {@link SessionErrorFilter} answers. A host that renders pages overrides `render` and answers with text. */
export interface ErrorAnswer {
  readonly type: string;
  readonly body: object | string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Answers every error of this library as a problem (RFC 9457) with its stable `code`, and the challenge it calls for; beyond HTTP with the
 * same code. Gateways name it themselves, since Nest asks no global filter there: `@UseFilters(SessionErrorFilter)`.
 */
@Catch(SessionError)
export class SessionErrorFilter implements ExceptionFilter<SessionError> {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly gatekeeper: Gatekeeper,
  ) {}

  catch(error: SessionError, context: ArgumentsHost): FilterResult {
    if (context.getType() !== 'http') return answerBeyondHttp(error, context);
    const http = context.switchToHttp();
    const response: unknown = http.getResponse();
    const request = http.getRequest<HttpRequest>();
    const [, title] = PROBLEMS[error.code];
    const status = this.statusOf(error, request);
    const { type, body, headers } = this.render(error, status, title, request);
    const adapter = this.host.httpAdapter;
    for (const [name, value] of Object.entries({
      'Content-Type': type,
      'Cache-Control': 'no-store',
      ...headersOf(error),
      ...headers,
    })) {
      adapter.setHeader(response, name, value);
    }
    adapter.reply(response, typeof body === 'string' ? body : JSON.stringify(body), status);
    return undefined;
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

  protected statusOf(error: SessionError, request: HttpRequest): HttpStatus {
    return statusOf(error, request);
  }
}

/** Answers on the OAuth endpoints: RFC 6749 §5.2. */
@Catch(SessionError)
export class OAuthErrorFilter extends SessionErrorFilter {
  protected override statusOf({ code }: SessionError): HttpStatus {
    return PROBLEMS[code][0];
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

/** What RFC 6749 §5.2 allows in a description: printable ASCII without quotes and backslashes. */
function plain(text: string): string {
  return text.replaceAll('§', 'section ').replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '');
}
