import { Catch, Injectable } from '@nestjs/common';
import {
  InvalidInputError,
  SessionError,
  SessionErrorFilter,
  TooManyAttemptsError,
  type ErrorAnswer,
  type HttpRequest,
} from 'nestjs-hybrid-session';
import { PAGE_HEADERS } from './layout.js';
import { loginPage } from './login-page.js';

/** Shows the login page again when its form was refused, with the status that a program gets too. Else answers as the library does. */
@Injectable()
@Catch(SessionError)
export class LoginPageFilter extends SessionErrorFilter {
  protected override render(error: SessionError, status: number, title: string, request: HttpRequest): ErrorAnswer {
    if (!isLoginForm(request)) return super.render(error, status, title, request);
    const failure = { message: messageOf(error), username: usernameOf(request), limitReached: error.code === 'session_limit' };
    return { type: 'text/html; charset=utf-8', body: loginPage(failure), headers: PAGE_HEADERS };
  }
}

/** A browser that submitted the form, as against a program that sends form fields. */
function isLoginForm(request: HttpRequest): boolean {
  const { method, headers } = request;
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const wantsPage = headers.accept?.includes('text/html') === true;
  return method === 'POST' && isForm && wantsPage && 'originalUrl' in request && request.originalUrl === '/auth/login';
}

/** The library's messages are for developers; these are for people. */
function messageOf(error: SessionError): string {
  if (error instanceof TooManyAttemptsError) return `Too many attempts. Try again in ${Math.ceil(error.retryAfter / 60)} min.`;
  if (error instanceof InvalidInputError) return 'Type your user name and your password.';
  if (error.code === 'session_limit') return 'You are logged in on too many devices. End those sessions to log in here.';
  if (error.code === 'origin_refused') return 'This form was sent from another site. Log in from here.';
  if (error.code === 'store_unavailable' || error.code === 'busy')
    return 'Logging in is not possible right now. Try again shortly.';
  return 'The user name or the password is wrong.';
}

function usernameOf({ body }: HttpRequest): string {
  const given: unknown = typeof body === 'object' && body !== null && 'username' in body ? body.username : undefined;
  return typeof given === 'string' ? given.slice(0, 64) : '';
}
