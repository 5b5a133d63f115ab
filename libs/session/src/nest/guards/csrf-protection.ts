import { Injectable } from '@nestjs/common';
import type { AnonymousSession } from '../../core/anonymous/anonymous-session.js';
import { CsrfError, OriginError } from '../../core/errors.js';
import { judgeOrigin, type OriginVerdict } from '../../core/login/origin-check.js';
import type { Session } from '../../core/session.js';
import { SessionRuntime } from '../session-runtime.js';
import { isForm, isJson } from '../transport/fields.js';
import { headerOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf } from '../transport/request-credential.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const HEADER = 'x-csrf-token';
const FIELD = '_csrf';

/** Keeps other sites from acting with the browser's cookie (ASVS 3.5.1): by origin, and by a token bound to the session. */
@Injectable()
export class CsrfProtection {
  constructor(private readonly runtime: SessionRuntime) {}

  /**
   * Checks an unsafe request that a cookie authenticates. Where no browser said where the request comes from, only the header
   * counts: a form of another site can send a field, but never a header.
   * @throws OriginError, CsrfError
   */
  check(request: HttpRequest, session: Session | AnonymousSession): void {
    if (isSafe(request) || this.holds(request, session)) return;
    this.report('csrf.refused', request, session);
    throw new CsrfError();
  }

  /**
   * Whether a request brings the CSRF token of a session.
   * @throws OriginError when it comes from another site
   */
  holds(request: HttpRequest, session: Session | AnonymousSession): boolean {
    const verdict = this.refuseForeign(request, session);
    const token = headerOf(request, HEADER) ?? (verdict === 'own' ? fieldOf(request) : undefined);
    return token !== undefined && this.runtime.core.sessions.holdsCsrfToken(session, token);
  }

  /**
   * Checks an unsafe request that brings no token: a login, which has no session yet and must not log a visitor in as somebody else,
   * the first thing that a visitor stores, or a route with `@CsrfExempt()`. Where no browser said where it comes from, only JSON is taken, which a form cannot send.
   * @throws OriginError
   */
  checkWithoutToken(request: HttpRequest, session?: Session | AnonymousSession): void {
    if (isSafe(request)) return;
    if (this.refuseForeign(request, session) === 'unknown' && !isJson(request)) {
      this.report('origin.refused', request, session);
      throw new OriginError('The request names no origin: send it as application/json, or with an Origin header.');
    }
  }

  /**
   * Refuses what comes from another site.
   * @throws OriginError
   */
  refuseForeign(request: HttpRequest, session?: Session | AnonymousSession): OriginVerdict {
    const [origin, site, referer] = ['origin', 'sec-fetch-site', 'referer'].map((name) => headerOf(request, name));
    const verdict = judgeOrigin({ origin, site, referer }, this.runtime.options.trustedOrigins);
    if (verdict !== 'foreign') return verdict;
    this.report('origin.refused', request, session);
    throw new OriginError();
  }

  private report(type: 'csrf.refused' | 'origin.refused', request: HttpRequest, session?: Session | AnonymousSession): void {
    const user = session && 'userId' in session ? { userId: session.userId } : {};
    const about = session ? { sessionId: session.id, ...user } : {};
    this.runtime.core.emit({ type, at: this.runtime.clock.now(), address: clientOf(request).address, ...about });
  }
}

function fieldOf(request: HttpRequest): string | undefined {
  const { body } = request;
  if (!isForm(request) || typeof body !== 'object' || body === null || !(FIELD in body)) return undefined;
  return typeof body[FIELD] === 'string' ? body[FIELD] : undefined;
}

/** Whether a request only reads (RFC 9110 §9.2.1). */
export function isSafe(request: HttpRequest): boolean {
  return SAFE_METHODS.has(request.method);
}
