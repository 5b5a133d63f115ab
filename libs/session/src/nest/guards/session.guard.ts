import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { freshnessOf, type RouteRevocation } from '../../core/revocation/freshness.js';
import type { Session } from '../../core/session.js';
import { LiveAnswers } from '../live/live-answers.js';
import { LiveSockets } from '../live/live-sockets.js';
import { callOf, type Call } from '../transport/calls.js';
import type { HttpRequest } from '../transport/http-request.js';
import { attachSession, sessionFoundBy } from '../transport/request-session.js';
import { isSafe } from './csrf-protection.js';
import { shortcomingOf, type Demands } from './demands.js';
import { Gatekeeper, type Accepted } from './gatekeeper.js';
import { RequestTurns } from './request-turns.js';
import { Routes, type Route } from './routes.js';
import { reportImpersonatedAct, reportRefusedAccess } from './reported-access.js';

/**
 * Lets signed-in requests pass, by cookie or by access token: one read of the store, none on `@Public()` routes. Checks CSRF for
 * cookies, `@RequireRoles()`, `@RequireScopes()`, `@RequireAcr()` and `@RequireRecentAuth()`. Guards HTTP routes, GraphQL resolvers,
 * gateways and microservices alike; what lasts (a socket, a stream of events, a subscription) it ends with its session.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  protected readonly accepts: readonly Accepted[] = ['cookie', 'token'];
  private readonly routes: Routes;
  private readonly turns = new RequestTurns();

  constructor(
    reflector: Reflector,
    private readonly gatekeeper: Gatekeeper,
    private readonly host: HttpAdapterHost,
    private readonly sockets: LiveSockets,
    private readonly answers: LiveAnswers,
  ) {
    this.routes = new Routes(reflector, gatekeeper.recentAuthentication);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = this.routes.of(context);
    if (route.isPublic) return true;
    const call = callOf(context);
    const { request } = call;
    const isNew = sessionFoundBy(this.gatekeeper, request) === undefined;
    const session = await this.sessionOfCall(call, route);
    this.demand(context, session, route.demands);
    attachSession(request, session, this.gatekeeper);
    const mayAct = call.by === 'socket' || (isNew && !isSafe(request));
    if (session.actor && mayAct) reportImpersonatedAct(this.gatekeeper, context, session);
    if (call.by === 'request') await this.answers.keep(context, session, request, route.isLive);
    return true;
  }

  private sessionOfCall(call: Call, route: Route): Promise<Session> {
    if (call.by === 'socket') return this.sockets.sessionOf(call.socket, this.accepts);
    if (!call.isShared) return this.ofRequest(call, route);
    // One after the other: the first authenticates the request, a second look would find its proof used.
    return this.turns.take(call.request, async () => {
      const session = await this.ofRequest(call, route);
      attachSession(call.request, session, this.gatekeeper);
      return session;
    });
  }

  private ofRequest({ request, response }: Extract<Call, { by: 'request' }>, route: Route): Promise<Session> {
    const { demands, revocation: mode, mayChange, exempt } = route;
    if (response) this.host.httpAdapter.setHeader(response, 'Cache-Control', 'no-store'); // keeps caches away from an authenticated answer (ASVS 14.3.2)
    // A copy may show what a session that just ended could see; it must never let it change anything, unless the route says so.
    const usual = isSafe(request) ? this.gatekeeper.revocation : 'strict';
    const asksForProof = demands.maxAge !== undefined || demands.acrValues !== undefined;
    const revocation = asksForProof ? 'strict' : forMethod(request, mode ?? usual);
    return this.gatekeeper.authenticate(request, response, { accepts: this.accepts, revocation, mayChange, exempt });
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
