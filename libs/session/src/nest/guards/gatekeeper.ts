import type { SessionEventListener } from '../../core/events.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Revocation, RouteRevocation } from '../../core/revocation/freshness.js';
import type { Recheck } from '../../core/live/live-connection.js';
import type { Session } from '../../core/session.js';
import type { Challenger } from '../challenges.js';
import type { AddressOf } from '../live/address-of.js';
import type { HttpRequest } from '../transport/http-request.js';

/** The kinds of credentials that a guard takes. */
export type Accepted = 'cookie' | 'token';

/** What a route says of the sessions that it takes. */
export interface RouteRules {
  readonly accepts: readonly Accepted[];
  readonly revocation: RouteRevocation;
  readonly mayChange: boolean;
  readonly exempt: boolean;
  /** Whether this opens a socket: a read by its method, but what other sites may not do with the browser's cookie. */
  readonly isHandshake?: boolean;
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
  /** Where the handshake of a socket comes from. */
  abstract readonly addressOf: AddressOf;
  abstract readonly clock: Clock;
  abstract readonly emit: SessionEventListener;

  /** @param response none where headers cannot be sent with the answer. @throws SessionError */
  abstract authenticate(request: HttpRequest, response: unknown, rules: RouteRules): Promise<Session>;

  /** What kind of credential a request brings, good or not. @throws RepeatedTokenError */
  abstract kindOf(request: HttpRequest): Accepted | 'none';

  /** Asks later what the credential of an authenticated request is worth by then. */
  abstract recheckOf(session: Session, request: HttpRequest): Recheck;
}
