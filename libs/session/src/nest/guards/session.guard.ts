import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { NotAuthenticatedError } from '../../core/errors.js';
import { freshnessOf, type RouteRevocation } from '../../core/revocation/freshness.js';
import type { Session } from '../../core/session.js';
import { ALLOW_CHANGED_CLIENT } from '../decorators/allow-changed-client.decorator.js';
import { CSRF_EXEMPT } from '../decorators/csrf-exempt.decorator.js';
import { PUBLIC } from '../decorators/public.decorator.js';
import { REVOCATION_MODE } from '../decorators/revocation-mode.decorator.js';
import { SessionRuntime } from '../session-runtime.js';
import { requestOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf, credentialOf } from '../transport/request-credential.js';
import { attachSession, sessionOf } from '../transport/request-session.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { CsrfProtection, isSafe } from './csrf-protection.js';
import { demandsOf, shortcomingOf, type Demands } from './demands.js';
import { reportRefusedAccess } from './refused-access.js';

type Accepted = 'cookie' | 'token';

/** What a route says of the sessions that it takes. */
interface RouteRules {
  readonly revocation: RouteRevocation;
  readonly mayChange: boolean;
  readonly exempt: boolean;
}

/**
 * Lets signed-in requests pass, by cookie or by access token: one read of the store, none on `@Public()` routes. Checks CSRF for
 * cookies, `@RequireRoles()`, `@RequireScopes()`, `@RequireAcr()` and `@RequireRecentAuth()`.
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
    const response: unknown = context.switchToHttp().getResponse();
    this.headers.noStore(response);
    const demands = demandsOf(this.reflector, targets, this.runtime.options.lifetimes.recentAuthentication);
    const mode = this.reflector.getAllAndOverride<RouteRevocation | undefined>(REVOCATION_MODE, targets);
    // A copy may show what a session that just ended could see; it must never let it change anything, unless the route says so.
    const usual = isSafe(request) ? this.runtime.options.revocation : 'strict';
    const asksForProof = demands.maxAge !== undefined || demands.acrValues !== undefined;
    const revocation = asksForProof ? 'strict' : forMethod(request, mode ?? usual);
    const mayChange = this.reflector.getAllAndOverride<boolean | undefined>(ALLOW_CHANGED_CLIENT, targets) ?? false;
    const exempt = this.reflector.getAllAndOverride<string | undefined>(CSRF_EXEMPT, targets) !== undefined;
    const session = await this.authenticate(request, response, { revocation, mayChange, exempt });
    this.demand(context, session, demands);
    attachSession(request, session);
    return true;
  }

  private async authenticate(
    request: HttpRequest,
    response: unknown,
    { revocation, mayChange, exempt }: RouteRules,
  ): Promise<Session> {
    const { sessions } = this.runtime.core;
    const credential = credentialOf(request, this.runtime.options.cookie.name);
    if (credential.kind === 'none' || !this.accepts.includes(credential.kind)) throw new NotAuthenticatedError();
    // The global guard has been here before the route's own: one request, one look at the store.
    const attached = sessionOf(request);
    if (attached) return attached;
    const client = clientOf(request);
    if (credential.kind === 'token') {
      const { value, proof } = credential;
      const session = await sessions.authenticateToken(value, client, revocation, mayChange, proof);
      if (proof) this.headers.offerNonce(response);
      return session;
    }
    const session = await sessions.authenticateCookie(credential.value, client, revocation, mayChange);
    if (exempt) this.csrf.checkWithoutToken(request, session);
    else this.csrf.check(request, session);
    return session;
  }

  /** Asked only of a session that is good: whoever holds none learns nothing of what the route demands. */
  private demand(context: ExecutionContext, session: Session, demands: Demands): void {
    const shortcoming = shortcomingOf(session, demands, this.runtime.clock.now());
    if (!shortcoming) return;
    reportRefusedAccess(this.runtime, context, session, shortcoming.cause);
    throw shortcoming.error;
  }
}

/** Whatever the route says: what may change something is never let happen while the store cannot be asked. */
function forMethod(request: HttpRequest, mode: RouteRevocation): RouteRevocation {
  return isSafe(request) ? mode : { within: freshnessOf(mode).within };
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
