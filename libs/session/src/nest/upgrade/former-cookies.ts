import { Injectable } from '@nestjs/common';
import { CsrfError } from '../../core/errors.js';
import type { Session } from '../../core/session.js';
import { isSafe } from '../guards/csrf-protection.js';
import { SessionRuntime } from '../session-runtime.js';
import { headerOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf, cookiesOf } from '../transport/request-credential.js';
import { ResponseHeaders } from '../transport/response-headers.js';

/** Cookies of the system that this one takes the place of. Looked at only where a request brings no credential of ours. */
@Injectable()
export class FormerCookies {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly headers: ResponseHeaders,
  ) {}

  /**
   * Exchanges the former cookie of a request for one of ours; `undefined` where there is nothing to exchange, and where the browser
   * would not keep ours: the person would have neither.
   * @throws CsrfError for an unsafe request, which has no token yet: any safe one makes the exchange, and gets it one
   * @throws FencedError, SessionLimitError, StoreUnavailableError
   */
  async exchange(request: HttpRequest, response: unknown): Promise<Session | undefined> {
    const { upgrades } = this.runtime.core;
    const [id, ...more] = this.idsOf(request);
    if (!upgrades || id === undefined || more.length > 0) return undefined; // twice: one of them was tossed in
    if (!isSafe(request)) throw new CsrfError();
    if (isEmbeddedElsewhere(request)) return undefined;
    const issued = await upgrades.exchange(id, clientOf(request));
    if (!issued || issued.credentials.channel !== 'browser') return undefined;
    this.headers.setCookie(response, issued.credentials);
    this.headers.clearFormerCookie(response);
    return issued.session;
  }

  /** Ends what the former cookies of a request stand for, and takes them away: at a login and at a logout. */
  async end(request: HttpRequest, response: unknown): Promise<void> {
    const { upgrades } = this.runtime.core;
    if (!upgrades) return;
    const ids = this.idsOf(request);
    for (const id of ids) await upgrades.end(id, clientOf(request));
    if (ids.length > 0) this.headers.clearFormerCookie(response);
  }

  private idsOf(request: HttpRequest): readonly string[] {
    const { formerSessions } = this.runtime.options;
    if (!formerSessions) return [];
    const cookies = cookiesOf(request, formerSessions.cookie.name).map((cookie) => formerSessions.recognise(cookie));
    return [...new Set(cookies.filter((id) => id !== undefined))];
  }
}

/** Whether a page of another site asks, for an image or a frame of its own, and not a person who follows a link (Fetch Metadata). */
function isEmbeddedElsewhere(request: HttpRequest): boolean {
  if (headerOf(request, 'sec-fetch-site') !== 'cross-site') return false;
  return headerOf(request, 'sec-fetch-mode') !== 'navigate' || headerOf(request, 'sec-fetch-dest') !== 'document';
}
