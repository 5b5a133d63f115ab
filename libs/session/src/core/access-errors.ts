import { SessionError } from './errors.js';

/** What a route asks of an authentication (RFC 9470 §3). */
export interface AuthenticationDemand {
  /** How old it may be, in seconds; 0: it must be made anew. */
  readonly maxAge?: number | undefined;
  /** Context classes, one of which it must have, the preferred first. */
  readonly acrValues?: readonly string[] | undefined;
}

/** The session's authentication is too old, or of another class than the route needs (RFC 9470). */
export class InsufficientAuthenticationError extends SessionError {
  readonly code = 'insufficient_user_authentication';
  constructor(readonly demand: AuthenticationDemand) {
    super(`This needs an authentication ${demanded(demand)}: re-authenticate and try again.`);
  }
}

function demanded({ maxAge, acrValues }: AuthenticationDemand): string {
  const age = maxAge === undefined ? [] : [maxAge === 0 ? 'made anew' : `not older than ${maxAge} s`];
  const level = acrValues === undefined ? [] : [`of class ${acrValues.join(' or ')}`];
  return [...age, ...level].join(' and ');
}

/** The session is good, and its user may not do this. Which right is missing is not told. */
export class ForbiddenError extends SessionError {
  readonly code = 'forbidden';
  constructor(message = 'Your account may not do this.') {
    super(message);
  }
}

/** Somebody acts for a user, and this only the user himself may do; or that user may not be acted for. */
export class ImpersonationForbiddenError extends SessionError {
  readonly code = 'impersonation_forbidden';
  constructor(message = 'This cannot be done on behalf of a user: only the user himself can.') {
    super(message);
  }
}

/** The session is good, but its scope does not reach so far (RFC 6750 §3.1 `insufficient_scope`). `scopes` are what the route needs. */
export class InsufficientScopeError extends SessionError {
  readonly code = 'insufficient_scope';
  constructor(readonly scopes: readonly string[]) {
    super(`This needs the scope ${scopes.join(' ')}: the session was not granted all of it.`);
  }
}
