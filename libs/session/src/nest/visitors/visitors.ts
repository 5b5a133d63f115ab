import { Injectable } from '@nestjs/common';
import type { AnonymousSession } from '../../core/anonymous/anonymous-session.js';
import type { SessionData } from '../../core/session-types.js';
import type { Session } from '../../core/session.js';
import { SessionRuntime } from '../session-runtime.js';
import type { HttpRequest } from '../transport/http-request.js';
import { clientOf, cookiesOf } from '../transport/request-credential.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { Visitor } from './visitor.js';

/** Visitors and their cookies: what they store before they log in, and what becomes of it when they do. */
@Injectable()
export class Visitors {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly headers: ResponseHeaders,
  ) {}

  /** The session of a visitor. A cookie that stands twice is nobody's: one of them was tossed in. @throws StoreUnavailableError */
  async sessionOf(request: HttpRequest): Promise<AnonymousSession | undefined> {
    const [cookie, ...more] = this.cookies(request);
    return cookie === undefined || more.length > 0 ? undefined : this.runtime.core.sessions.anonymous.find(cookie);
  }

  /** Whoever sends a request, with what they may store. */
  visitor(request: HttpRequest, response: unknown, found: Session | AnonymousSession | undefined): Visitor {
    const { sessions } = this.runtime.core;
    return new Visitor(found, {
      csrfToken: (session) => sessions.csrfToken(session),
      writeOwn: (session, change) => sessions.writeData(session, change),
      write: (session, change) => sessions.anonymous.write(session, change),
      begin: async (data) => {
        const { session, cookie } = await sessions.anonymous.begin(data, clientOf(request));
        this.headers.setVisitorCookie(response, cookie);
        return session;
      },
    });
  }

  /**
   * Logs a visitor in: `open` opens the session of the user, with what the host carries over of the visitor's data. Then the
   * visitor's session ends, whoever else may hold its cookie, and the cookie is taken away.
   */
  async logIn<T>(request: HttpRequest, response: unknown, open: (data: SessionData) => Promise<T>): Promise<T> {
    const { anonymous } = this.runtime.core.sessions;
    const cookies = this.cookies(request);
    const found = await Promise.all(cookies.map((cookie) => anonymous.find(cookie)));
    const own = cookies.length === 1 ? found[0] : undefined;
    const opened = await open(own ? anonymous.carriedOver(own) : {});
    // Also where the cookie stands twice: neither of them is to be this person's again.
    for (const session of found) if (session) await anonymous.end(session);
    if (cookies.length > 0) this.headers.clearVisitorCookie(response);
    return opened;
  }

  private cookies(request: HttpRequest): readonly string[] {
    return cookiesOf(request, this.runtime.options.cookie.visitorName);
  }
}
