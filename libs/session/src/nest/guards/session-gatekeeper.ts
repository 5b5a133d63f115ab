import { NotAuthenticatedError } from '../../core/errors.js';
import type { Recheck } from '../../core/live/live-connection.js';
import type { Session } from '../../core/session.js';
import type { SessionRuntime } from '../session-runtime.js';
import type { HttpRequest } from '../transport/http-request.js';
import { clientOf, credentialOf } from '../transport/request-credential.js';
import { sessionFoundBy } from '../transport/request-session.js';
import type { ResponseHeaders } from '../transport/response-headers.js';
import type { FormerCookies } from '../upgrade/former-cookies.js';
import type { CsrfProtection } from './csrf-protection.js';
import { type Accepted, Gatekeeper, type RouteRules } from './gatekeeper.js';

/** The gatekeeper of an application that has sessions: by cookie, with the check against other sites, or by access token. */
export class SessionGatekeeper extends Gatekeeper {
  readonly challenger;
  readonly recentAuthentication;
  readonly revocation;
  readonly addressOf;
  readonly clock;
  readonly emit;

  constructor(
    private readonly runtime: SessionRuntime,
    private readonly csrf: CsrfProtection,
    private readonly headers: ResponseHeaders,
    private readonly former: FormerCookies,
  ) {
    super();
    const { options, core, clock } = runtime;
    this.challenger = { realm: options.issuer, algorithms: core.dpop.algorithms };
    this.recentAuthentication = options.lifetimes.recentAuthentication;
    this.revocation = options.revocation;
    this.addressOf = runtime.addressOf;
    this.clock = clock;
    this.emit = core.emit;
  }

  async authenticate(request: HttpRequest, response: unknown, rules: RouteRules): Promise<Session> {
    const { accepts, revocation, mayChange } = rules;
    const { sessions } = this.runtime.core;
    const credential = credentialOf(request, this.runtime.options.cookie.name);
    // The global guard has been here before the route's own: one request, one look at the store.
    const attached = sessionFoundBy(this, request);
    // Where no cookie can be set, a former one is exchanged for nothing: the next ordinary request does it.
    if (credential.kind === 'none' && accepts.includes('cookie') && response) {
      const session = attached ?? (await this.former.exchange(request, response));
      if (session) return session;
    }
    if (credential.kind === 'none' || !accepts.includes(credential.kind)) throw new NotAuthenticatedError();
    if (attached) {
      // Another guard of this request may have asked for less.
      if (credential.kind === 'cookie') this.checkSite(request, attached, rules);
      return attached;
    }
    const client = clientOf(request);
    if (credential.kind === 'token') {
      const { value, proof } = credential;
      const session = await sessions.authenticateToken(value, client, revocation, mayChange, proof);
      if (proof && response) this.headers.offerNonce(response);
      return session;
    }
    const session = await sessions.authenticateCookie(credential.value, client, revocation, mayChange);
    this.checkSite(request, session, rules);
    return session;
  }

  private checkSite(request: HttpRequest, session: Session, { exempt, isHandshake }: RouteRules): void {
    if (isHandshake) this.csrf.refuseForeign(request, session);
    else if (exempt) this.csrf.checkWithoutToken(request, session);
    else this.csrf.check(request, session);
  }

  kindOf(request: HttpRequest): Accepted | 'none' {
    return credentialOf(request, this.runtime.options.cookie.name).kind;
  }

  recheckOf(session: Session, request: HttpRequest): Recheck {
    const credential = credentialOf(request, this.runtime.options.cookie.name);
    const token = credential.kind === 'token' ? credential.value : undefined;
    return () => this.runtime.core.standing(session, token);
  }
}
