import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { BODY_LIMIT } from '../http/request-body.js';
import { isDatabaseAway } from '../database/database-outage.js';

/** A refusal in the form of RFC 9457, with a `code` for programs. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'not_authenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'timeout',
  409: 'conflict',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
  503: 'unavailable',
};

/** Where Nest, Express and Fastify have different words for the same, or repeat the URL, which may carry what must not be shown. */
const DETAILS: Readonly<Record<number, string>> = {
  404: 'There is nothing here.',
  413: `The body is too large: send ${BODY_LIMIT} bytes at most.`,
  415: 'Send application/json or application/x-www-form-urlencoded, in UTF-8 and uncompressed.',
};

/** Says what an error means to a client; `undefined` when it is nobody's refusal but a fault of ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (isDatabaseAway(error))
    return { status: 503, code: 'database_unavailable', detail: 'The database is not available: try again shortly.' };
  if (error instanceof HttpException) return problem(error.getStatus(), error.message, error.errorCode);
  // Express, Fastify and their parsers throw plain errors with a status. Above 499 they are faults, not refusals.
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500) {
    return problem(error.statusCode, STATUS_CODES[error.statusCode] ?? 'The request is refused.');
  }
  return undefined;
}

function problem(status: number, detail: string, code?: string): Problem {
  const general = code === undefined ? DETAILS[status] : undefined;
  return { status, code: code ?? CODES[status] ?? (status < 500 ? 'bad_request' : 'internal_error'), detail: general ?? detail };
}

/** The media type and the body that answer a problem. OAuth clients know RFC 6749 §5.2 only. */
export function renderProblem({ status, code, detail }: Problem, path: string): { readonly type: string; readonly body: string } {
  if (path.startsWith('/oauth/')) {
    const error = status === 503 ? 'temporarily_unavailable' : status >= 500 ? 'server_error' : 'invalid_request';
    return { type: 'application/json; charset=utf-8', body: JSON.stringify({ error, error_description: detail }) };
  }
  const title = STATUS_CODES[status] ?? 'Refused';
  return {
    type: 'application/problem+json; charset=utf-8',
    body: JSON.stringify({ type: 'about:blank', title, status, code, detail }),
  };
}
