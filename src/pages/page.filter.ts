import { Catch, HttpStatus, Inject, Injectable } from '@nestjs/common';
import {
  ForbiddenError,
  InsufficientAuthenticationError,
  InvalidInputError,
  InvalidSessionError,
  NotAuthenticatedError,
  SessionError,
  SessionErrorFilter,
  SessionEvictedError,
  SessionService,
  sessionOf,
  type ErrorAnswer,
  type HttpRequest,
} from 'nestjs-hybrid-session';
import { faultyFieldOf, messageFor } from './error-messages.js';
import { PAGE_HEADERS } from './layout.js';
import { failedLoginPage, loginPage } from './login-page.js';
import { loginAddress, reasonOf, type Reason } from './notices.js';
import { isPageForm, isPageVisit, pathOf, wantsPage } from './page-request.js';
import { passwordPage } from './password-page.js';
import { forbiddenPage, refusedPage } from './refused-page.js';
import { unavailablePage } from './unavailable-page.js';

const HTML = 'text/html; charset=utf-8';
/** Where their forms go, and that of the login page. */
const FORMS: ReadonlySet<string> = new Set(['/auth/login', '/auth/logout', '/auth/logout-all', '/auth/password']);

/**
 * Shows people a page where a page or a form of ours was refused, with the status that a program gets too, and sends those who are not
 * logged in to the login page. Else answers as the library does.
 */
@Injectable()
@Catch(SessionError)
export class PageFilter extends SessionErrorFilter {
  @Inject(SessionService) protected readonly sessions!: SessionService;

  /** A program too is sent on from a page: it has asked for one. */
  protected override statusOf(error: SessionError, request: HttpRequest): HttpStatus {
    return isPageVisit(request) && addressFor(error) !== undefined ? HttpStatus.SEE_OTHER : super.statusOf(error, request);
  }

  protected override render(error: SessionError, status: number, title: string, request: HttpRequest): ErrorAnswer {
    const address = addressFor(error);
    if (isPageVisit(request) && address !== undefined) return { type: HTML, body: '', headers: { Location: address } };
    const body = this.pageFor(error, request);
    if (body === undefined) return super.render(error, status, title, request);
    return { type: HTML, body, headers: PAGE_HEADERS };
  }

  private pageFor(error: SessionError, request: HttpRequest): string | undefined {
    const path = pathOf(request);
    const message = messageFor(error);
    if (isPageVisit(request) && wantsPage(request)) {
      if (error instanceof ForbiddenError) return forbiddenPage();
      if (error instanceof InvalidInputError) return refusedPage('Not found', error.message, ['/', 'Your devices']);
      return unavailablePage(message, path);
    }
    if (!isPageForm(request) || !FORMS.has(path)) return undefined;
    if (path === '/auth/login') return failedLoginPage(loginFailure(error, message, request));
    const reason = reasonFor(error);
    if (reason !== undefined) return loginPage(reasonOf(reason));
    const session = sessionOf(request);
    if (path !== '/auth/password' || session === undefined) return unavailablePage(message, '/');
    const account = { session, csrfToken: this.sessions.csrfToken(session) };
    return passwordPage(account, { message, field: faultyFieldOf(error) });
  }
}

function loginFailure(error: SessionError, message: string, { body }: HttpRequest) {
  const given: unknown = typeof body === 'object' && body !== null && 'username' in body ? body.username : undefined;
  return {
    message,
    username: typeof given === 'string' ? given.slice(0, 64) : '',
    isInputWrong: error.code === 'invalid_credentials' || error.code === 'invalid_input',
    isLimitReached: error.code === 'session_limit',
  };
}

/** Why somebody who asked for a page is sent to log in. Who never was logged in needs no reason. */
function addressFor(error: SessionError): string | undefined {
  if (error instanceof NotAuthenticatedError) return '/login';
  const reason = reasonFor(error);
  return reason && loginAddress(reason);
}

function reasonFor(error: SessionError): Reason | undefined {
  if (error instanceof SessionEvictedError) return 'evicted';
  if (error instanceof InvalidSessionError || error instanceof NotAuthenticatedError) return 'ended';
  return error instanceof InsufficientAuthenticationError ? 'changed' : undefined;
}
