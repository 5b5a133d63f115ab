import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { NotAuthenticatedError } from '../../core/errors.js';
import { freshnessOf, type RouteRevocation } from '../../core/revocation/freshness.js';
import type { Session } from '../../core/session.js';
import { requestOf, type HttpRequest } from '../transport/http-request.js';
import { attachSession, sessionOf } from '../transport/request-session.js';
import { isSafe } from './csrf-protection.js';
import { shortcomingOf, type Demands } from './demands.js';
import { Gatekeeper, type Accepted } from './gatekeeper.js';
import { Routes } from './routes.js';
import { reportImpersonatedAct, reportRefusedAccess } from './reported-access.js';

/**
 * Lets signed-in requests pass, by cookie or by access token: one read of the store, none on `@Public()` routes. Checks CSRF for
 * cookies, `@RequireRoles()`, `@RequireScopes()`, `@RequireAcr()` and `@RequireRecentAuth()`.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  protected readonly accepts: readonly Accepted[] = ['cookie', 'token'];
  private readonly routes: Routes;

  constructor(
    reflector: Reflector,
    private readonly gatekeeper: Gatekeeper,
    private readonly host: HttpAdapterHost,
  ) {
    this.routes = new Routes(reflector, gatekeeper.recentAuthentication);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http')
      throw new NotAuthenticatedError('Session guards know HTTP requests only: guard this context by other means.');
    const { isPublic, demands, revocation: mode, mayChange, exempt } = this.routes.of(context);
    if (isPublic) return true;
    const request = requestOf(context);
    const response: unknown = context.switchToHttp().getResponse();
    this.host.httpAdapter.setHeader(response, 'Cache-Control', 'no-store'); // keeps caches away from an authenticated answer (ASVS 14.3.2)
    // A copy may show what a session that just ended could see; it must never let it change anything, unless the route says so.
    const usual = isSafe(request) ? this.gatekeeper.revocation : 'strict';
    const asksForProof = demands.maxAge !== undefined || demands.acrValues !== undefined;
    const revocation = asksForProof ? 'strict' : forMethod(request, mode ?? usual);
    const isNew = sessionOf(request) === undefined;
    const session = await this.gatekeeper.authenticate(request, response, {
      accepts: this.accepts,
      revocation,
      mayChange,
      exempt,
    });
    this.demand(context, session, demands);
    attachSession(request, session);
    if (isNew && session.actor && !isSafe(request)) reportImpersonatedAct(this.gatekeeper, context, session);
    return true;
  }

  /** Asked only of a session that is good: whoever holds none learns nothing of what the route demands. */
  private demand(context: ExecutionContext, session: Session, demands: Demands): void {
    const shortcoming = shortcomingOf(session, demands, this.gatekeeper.clock.now());
    if (!shortcoming) return;
    reportRefusedAccess(this.gatekeeper, context, session, shortcoming.cause);
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
