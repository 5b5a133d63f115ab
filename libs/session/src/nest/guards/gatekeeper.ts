import type { SessionEventListener } from '../../core/events.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Revocation, RouteRevocation } from '../../core/revocation/freshness.js';
import type { Session } from '../../core/session.js';
import type { Challenger } from '../challenges.js';
import type { HttpRequest } from '../transport/http-request.js';

/** The kinds of credentials that a guard takes. */
export type Accepted = 'cookie' | 'token';

/** What a route says of the sessions that it takes. */
export interface RouteRules {
  readonly accepts: readonly Accepted[];
  readonly revocation: RouteRevocation;
  readonly mayChange: boolean;
  readonly exempt: boolean;
}

/**
 * Finds the session of a request: what the guards and the filter of errors work with, in an application that has sessions and in a
 * service that only verifies tokens.
 */
export abstract class Gatekeeper {
  abstract readonly challenger: Challenger;
  /** What `@RequireRecentAuth()` asks for without a number. Milliseconds. */
  abstract readonly recentAuthentication: number;
  /** Whether a request that only reads may be answered from what is known already. */
  abstract readonly revocation: Revocation;
  abstract readonly clock: Clock;
  abstract readonly emit: SessionEventListener;

  /** @throws SessionError */
  abstract authenticate(request: HttpRequest, response: unknown, rules: RouteRules): Promise<Session>;
}
