import { Catch, Logger, ServiceUnavailableException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const RETRY_AFTER = '1';

/** Answers a probe with all that was checked, each with what stands in its way: more than the one sentence of a problem. */
@Catch(ServiceUnavailableException)
export class NotReadyFilter implements ExceptionFilter<ServiceUnavailableException> {
  private readonly log = new Logger(NotReadyFilter.name);

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: ServiceUnavailableException, context: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const response: unknown = context.switchToHttp().getResponse();
    const body = JSON.stringify(error.getResponse());
    this.log.warn(`Not ready: ${body}`);
    httpAdapter.setHeader(response, 'Content-Type', 'application/json; charset=utf-8');
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.setHeader(response, 'Retry-After', RETRY_AFTER);
    httpAdapter.reply(response, body, error.getStatus());
  }
}
