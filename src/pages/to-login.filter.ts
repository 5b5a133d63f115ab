import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InvalidSessionError, NotAuthenticatedError, SessionEvictedError } from 'nestjs-hybrid-session';

/** Sends people who are not logged in to the login page, and tells them there why, where they could not know. Programs are not sent anywhere: this stands on pages only. */
@Catch(NotAuthenticatedError, InvalidSessionError, SessionEvictedError)
export class ToLoginFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, context: ArgumentsHost): void {
    const response: unknown = context.switchToHttp().getResponse();
    const { httpAdapter } = this.host;
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.setHeader(response, 'Location', error instanceof SessionEvictedError ? '/login?reason=evicted' : '/login');
    httpAdapter.reply(response, undefined, 303);
  }
}
