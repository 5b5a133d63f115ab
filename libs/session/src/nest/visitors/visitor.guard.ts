import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { AnonymousSession } from '../../core/anonymous/anonymous-session.js';
import { InvalidSessionError, NotAuthenticatedError, SessionEvictedError } from '../../core/errors.js';
import { Session } from '../../core/session.js';
import { CSRF_EXEMPT } from '../decorators/csrf-exempt.decorator.js';
import { CsrfProtection } from '../guards/csrf-protection.js';
import { demandsOf } from '../guards/demands.js';
import { Gatekeeper } from '../guards/gatekeeper.js';
import { isLiveRoute } from '../guards/routes.js';
import { LiveAnswers } from '../live/live-answers.js';
import { SessionRuntime } from '../session-runtime.js';
import { requestOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf, credentialOf } from '../transport/request-credential.js';
import { attachSession, sessionFoundBy } from '../transport/request-session.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { FormerCookies } from '../upgrade/former-cookies.js';
import { attachVisitor } from './request-visitor.js';
import { Visitors } from './visitors.js';

/**
 * Lets everybody pass, users and visitors alike, and says who it is (`@CurrentVisitor()`). Unsafe requests need the CSRF token of the
 * session, or of the visitor's; where there is neither, an origin that is ours. In an application whose guard is global the route
 * is `@Public()` as well.
 */
@Injectable()
export class VisitorGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly runtime: SessionRuntime,
    private readonly gatekeeper: Gatekeeper,
    private readonly csrf: CsrfProtection,
    private readonly headers: ResponseHeaders,
    private readonly visitors: Visitors,
    private readonly former: FormerCookies,
    private readonly answers: LiveAnswers,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    this.refuseDemands(context);
    const request = requestOf(context);
    const response: unknown = context.switchToHttp().getResponse();
    this.headers.noStore(response);
    const targets = [context.getHandler(), context.getClass()];
    const exempt = this.reflector.getAllAndOverride<string | undefined>(CSRF_EXEMPT, targets) !== undefined;
    const found = (await this.user(request, response, exempt)) ?? (await this.visitor(request, exempt));
    attachVisitor(request, this.visitors.visitor(request, response, found));
    if (found instanceof Session) await this.answers.keep(context, found, request, isLiveRoute(this.reflector, targets));
    return true;
  }

  /** A session that is over makes its browser a visitor; a token that is no good stays one. */
  private async user(request: HttpRequest, response: unknown, exempt: boolean): Promise<Session | undefined> {
    const credential = credentialOf(request, this.runtime.options.cookie.name);
    const attached = sessionFoundBy(this.gatekeeper, request);
    if (attached) return attached;
    if (credential.kind === 'none') return this.formerUser(request, response);
    const { sessions } = this.runtime.core;
    const client = clientOf(request);
    const session =
      credential.kind === 'token'
        ? await sessions.authenticateToken(credential.value, client, 'strict', false, credential.proof)
        : await orVisitor(sessions.authenticateCookie(credential.value, client));
    if (session && credential.kind === 'cookie') this.checkOrigin(request, session, exempt);
    if (credential.kind === 'token' && credential.proof) this.headers.offerNonce(response);
    if (session) attachSession(request, session, this.gatekeeper);
    return session;
  }

  /** Whoever still has a session of a former system is its user, and no visitor. */
  private async formerUser(request: HttpRequest, response: unknown): Promise<Session | undefined> {
    const session = await this.former.exchange(request, response);
    if (session) attachSession(request, session, this.gatekeeper);
    return session;
  }

  private async visitor(request: HttpRequest, exempt: boolean): Promise<AnonymousSession | undefined> {
    const session = await this.visitors.sessionOf(request);
    this.checkOrigin(request, session, exempt);
    return session;
  }

  private checkOrigin(request: HttpRequest, session: Session | AnonymousSession | undefined, exempt: boolean): void {
    if (session && !exempt) this.csrf.check(request, session);
    else this.csrf.checkWithoutToken(request, session);
  }

  /** What asks something of a user is not open to everybody: such a route is shut until one of the two is taken away. */
  private refuseDemands(context: ExecutionContext): void {
    const demands = demandsOf(this.reflector, [context.getHandler(), context.getClass()], 0);
    if (context.getType() === 'http' && Object.values(demands).every((demand) => demand === undefined)) return;
    throw new NotAuthenticatedError('This route needs a signed-in user: it should have a SessionGuard, and no VisitorGuard.');
  }
}

async function orVisitor(session: Promise<Session>): Promise<Session | undefined> {
  try {
    return await session;
  } catch (error) {
    if (error instanceof InvalidSessionError || error instanceof SessionEvictedError) return undefined;
    throw error;
  }
}
