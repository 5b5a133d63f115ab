import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { problemOf, renderProblem, type Problem } from './problem.js';

const FAULT: Problem = { status: 500, code: 'internal_error', detail: 'Something went wrong on our side.' };
const RETRY_AFTER = '1';

interface AnyRequest {
  readonly method: string;
  readonly originalUrl: string;
}

/** Answers everything that is not the session library's own error: refusals as problems (RFC 9457), faults without any detail. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, context: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const http = context.switchToHttp();
    const response: unknown = http.getResponse();
    const { method, originalUrl } = http.getRequest<AnyRequest>();
    const [path = ''] = originalUrl.split('?', 1);
    const problem = problemOf(error) ?? FAULT;
    if (problem.status >= 500) this.report(error, problem, `${method} ${path}`);
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    const { type, body } = renderProblem(problem, path);
    httpAdapter.setHeader(response, 'Content-Type', type);
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    if (problem.status === 503) httpAdapter.setHeader(response, 'Retry-After', RETRY_AFTER);
    httpAdapter.reply(response, body, problem.status);
  }

  /** Neither headers nor bodies are logged, nor the query string: they hold credentials. An outage needs no stack. */
  private report(error: unknown, { status, detail }: Problem, request: string): void {
    if (status === FAULT.status && error instanceof Error) this.log.error(`${request}: ${error.message}`, error.stack);
    else this.log.warn(`${request}: ${detail}`);
  }
}
