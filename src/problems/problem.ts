import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
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

function problem(
  status: number,
  detail: string,
  code = CODES[status] ?? (status < 500 ? 'bad_request' : 'internal_error'),
): Problem {
  // Nest's words for an unknown route repeat the URL, which may carry what was never meant for a log or a page.
  return {
    status,
    code,
    detail: status === 404 && code === 'not_found' && detail.startsWith('Cannot ') ? 'There is nothing here.' : detail,
  };
}
