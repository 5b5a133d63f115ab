import { Catch, Inject, Injectable, type ArgumentsHost } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  InvalidInputError,
  SessionError,
  SessionErrorFilter,
  TooManyAttemptsError,
  type HttpRequest,
  type SessionErrorCode,
} from 'nestjs-hybrid-session';
import { PAGE_HEADERS } from './layout.js';
import { loginPage } from './login-page.js';

/** What the login form can be refused for, with the status that a program gets for it too. */
const STATUSES: Partial<Record<SessionErrorCode, number>> = {
  invalid_input: 400,
  invalid_credentials: 401,
  fenced: 401,
  origin_refused: 403,
  session_limit: 409,
  too_many_attempts: 429,
  store_unavailable: 503,
  busy: 503,
};

interface PageRequest extends HttpRequest {
  readonly originalUrl: string;
}

/** Shows the login page again when its form was refused. Everything else is answered as the library does. */
@Injectable()
@Catch(SessionError)
export class LoginPageFilter extends SessionErrorFilter {
  @Inject(HttpAdapterHost) private readonly adapters!: HttpAdapterHost;

  override catch(error: SessionError, context: ArgumentsHost): void {
    const http = context.switchToHttp();
    const request = http.getRequest<PageRequest>();
    const status = STATUSES[error.code];
    if (status === undefined || !isLoginForm(request)) {
      super.catch(error, context);
      return;
    }
    const response: unknown = http.getResponse();
    const { httpAdapter } = this.adapters;
    const wait = 'retryAfter' in error ? { 'Retry-After': String(error.retryAfter) } : {};
    for (const [name, value] of Object.entries({ ...PAGE_HEADERS, ...wait })) httpAdapter.setHeader(response, name, value);
    const failure = { message: messageOf(error), username: usernameOf(request), limitReached: error.code === 'session_limit' };
    httpAdapter.reply(response, loginPage(failure), status);
  }
}

/** A browser that submitted the form, as against a program that sends form fields. */
function isLoginForm({ method, originalUrl, headers }: PageRequest): boolean {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const wantsPage = headers.accept?.includes('text/html') === true;
  return method === 'POST' && originalUrl === '/auth/login' && isForm && wantsPage;
}

/** The library speaks to developers where a person did nothing wrong that has a name. */
function messageOf(error: SessionError): string {
  if (error instanceof InvalidInputError) return 'Type your user name and your password.';
  if (error instanceof TooManyAttemptsError) return `Too many attempts. Try again in ${Math.ceil(error.retryAfter / 60)} min.`;
  if (error.code === 'session_limit') return 'You are logged in on too many devices. End those sessions to log in here.';
  if (error.code === 'origin_refused') return 'This form was sent from another site. Log in from here.';
  if (error.code === 'store_unavailable' || error.code === 'busy')
    return 'Logging in is not possible right now. Try again shortly.';
  return 'The user name or the password is wrong.';
}

function usernameOf({ body }: PageRequest): string {
  const given: unknown = typeof body === 'object' && body !== null && 'username' in body ? body.username : undefined;
  return typeof given === 'string' ? given.slice(0, 64) : '';
}
