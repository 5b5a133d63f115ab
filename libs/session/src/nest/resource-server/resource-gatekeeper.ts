import { NotAuthenticatedError } from '../../core/errors.js';
import type { SessionEventListener } from '../../core/events.js';
import type { Recheck } from '../../core/live/live-connection.js';
import type { Clock } from '../../core/ports/clock.js';
import type { TokenVerifier } from '../../core/resource-server/token-verifier.js';
import { freshnessOf, type Revocation } from '../../core/revocation/freshness.js';
import type { Session } from '../../core/session.js';
import type { Challenger } from '../challenges.js';
import { type Accepted, Gatekeeper, type RouteRules } from '../guards/gatekeeper.js';
import type { AddressOf } from '../live/address-of.js';
import type { HttpRequest } from '../transport/http-request.js';
import { clientOf, credentialOf } from '../transport/request-credential.js';
import { sessionFoundBy } from '../transport/request-session.js';

/** No cookie has this name: a service that only verifies looks at none. */
const NO_COOKIE = '';

/** The gatekeeper of a service that only verifies: access tokens alone. */
export class ResourceGatekeeper extends Gatekeeper {
  constructor(
    private readonly verifier: TokenVerifier,
    readonly challenger: Challenger,
    readonly recentAuthentication: number,
    readonly revocation: Revocation,
    readonly clock: Clock,
    readonly emit: SessionEventListener,
    readonly addressOf: AddressOf,
  ) {
    super();
  }

  async authenticate(request: HttpRequest, _response: unknown, { accepts, revocation }: RouteRules): Promise<Session> {
    const credential = credentialOf(request, NO_COOKIE);
    if (credential.kind !== 'token' || !accepts.includes('token'))
      throw new NotAuthenticatedError('This route needs an access token.');
    const attached = sessionFoundBy(this, request);
    if (attached) return attached;
    const { value: token, proof } = credential;
    return this.verifier.authenticate({ token, proof }, clientOf(request), freshnessOf(revocation).within);
  }

  kindOf(request: HttpRequest): Accepted | 'none' {
    return credentialOf(request, NO_COOKIE).kind;
  }

  recheckOf(_session: Session, request: HttpRequest): Recheck {
    const credential = credentialOf(request, NO_COOKIE);
    return async () => (credential.kind === 'token' ? this.verifier.standing(credential.value) : 'session_over');
  }
}
