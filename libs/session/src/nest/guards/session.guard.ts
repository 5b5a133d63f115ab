import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { NotAuthenticatedError, RecentAuthenticationRequiredError } from '../../core/errors.js';
import type { Revocation } from '../../core/revocation/freshness.js';
import type { Session } from '../../core/session.js';
import { PUBLIC } from '../decorators/public.decorator.js';
import { RECENT_AUTH, type RecentAuthRequirement } from '../decorators/require-recent-auth.decorator.js';
import { REVOCATION_MODE } from '../decorators/revocation-mode.decorator.js';
import { SessionRuntime } from '../session-runtime.js';
import { requestOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf, credentialOf } from '../transport/request-credential.js';
import { attachSession, sessionOf } from '../transport/request-session.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { CsrfProtection, isSafe } from './csrf-protection.js';

type Accepted = 'cookie' | 'token';

/**
 * Lets signed-in requests pass, by cookie or by access token: one read of the store, none on `@Public()` routes. Checks CSRF for
 * cookies, and `@RequireRecentAuth()`.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  protected readonly accepts: readonly Accepted[] = ['cookie', 'token'];

  constructor(
    private readonly reflector: Reflector,
    private readonly runtime: SessionRuntime,
    private readonly csrf: CsrfProtection,
    private readonly headers: ResponseHeaders,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http')
      throw new NotAuthenticatedError('Session guards know HTTP requests only: guard this context by other means.');
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets)) return true;
    const request = requestOf(context);
    this.headers.noStore(context.switchToHttp().getResponse());
    const recent = this.reflector.getAllAndOverride<RecentAuthRequirement | undefined>(RECENT_AUTH, targets);
    const mode = this.reflector.getAllAndOverride<Revocation | undefined>(REVOCATION_MODE, targets);
    // A copy may show what a session that just ended could see; it must never let it change anything, unless the route says so.
    const usual = isSafe(request) ? this.runtime.options.revocation : 'strict';
    const session = await this.authenticate(request, recent ? 'strict' : (mode ?? usual));
    this.requireRecent(session, recent);
    attachSession(request, session);
    return true;
  }

  private async authenticate(request: HttpRequest, mode: Revocation): Promise<Session> {
    const { sessions } = this.runtime.core;
    const credential = credentialOf(request, this.runtime.options.cookie.name);
    if (credential.kind === 'none' || !this.accepts.includes(credential.kind)) throw new NotAuthenticatedError();
    // The global guard has been here before the route's own: one request, one look at the store.
    const attached = sessionOf(request);
    if (attached) return attached;
    if (credential.kind === 'token') return sessions.authenticateToken(credential.value, clientOf(request), mode);
    const session = await sessions.authenticateCookie(credential.value, clientOf(request), mode);
    this.csrf.check(request, session);
    return session;
  }

  private requireRecent(session: Session, requirement: RecentAuthRequirement | undefined): void {
    if (!requirement) return;
    const maxAge = requirement.maxAge ?? this.runtime.options.lifetimes.recentAuthentication;
    if (this.runtime.clock.now() - session.authenticatedAt <= maxAge) return;
    throw new RecentAuthenticationRequiredError(Math.floor(maxAge / 1000));
  }
}

/** Like {@link SessionGuard}, for the cookie alone: pages, and what must never be reachable by a token. */
@Injectable()
export class CookieGuard extends SessionGuard {
  protected override readonly accepts: readonly Accepted[] = ['cookie'];
}

/** Like {@link SessionGuard}, for access tokens alone: APIs that no browser session may reach. */
@Injectable()
export class TokenGuard extends SessionGuard {
  protected override readonly accepts: readonly Accepted[] = ['token'];
}
