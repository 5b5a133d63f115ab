import type { Reflector } from '@nestjs/core';
import {
  ForbiddenError,
  ImpersonationForbiddenError,
  InsufficientAuthenticationError,
  InsufficientScopeError,
} from '../../core/access-errors.js';
import type { SessionError } from '../../core/errors.js';
import type { AccessRefusalCause } from '../../core/events.js';
import type { Session } from '../../core/session.js';
import { REQUIRED_ACR } from '../decorators/require-acr.decorator.js';
import { FORBID_IMPERSONATION } from '../decorators/forbid-impersonation.decorator.js';
import { RECENT_AUTH, type RecentAuthRequirement } from '../decorators/require-recent-auth.decorator.js';
import { REQUIRED_ROLES } from '../decorators/require-roles.decorator.js';
import { REQUIRED_SCOPES } from '../decorators/require-scopes.decorator.js';

/** What a route asks of a session that is good. */
export interface Demands {
  /** One of which the user must have. */
  readonly roles: readonly string[] | undefined;
  /** All of which the session must have. */
  readonly scopes: readonly string[] | undefined;
  readonly acrValues: readonly string[] | undefined;
  /** How old the authentication may be, in milliseconds. */
  readonly maxAge: number | undefined;
  /** Whether only the user himself may come, and nobody who acts for him. */
  readonly inPerson: boolean | undefined;
}

/** Why a session does not do, for the audit trail and for the answer. */
export interface Shortcoming {
  readonly cause: AccessRefusalCause;
  readonly error: SessionError;
}

/** What the decorators of a route, or else of its class, say. */
export function demandsOf(
  reflector: Reflector,
  targets: Parameters<Reflector['getAllAndOverride']>[1],
  recentAuthentication: number,
): Demands {
  const recent = reflector.getAllAndOverride<RecentAuthRequirement | undefined>(RECENT_AUTH, targets);
  const words = (key: symbol) => reflector.getAllAndOverride<readonly string[] | undefined>(key, targets);
  return {
    roles: words(REQUIRED_ROLES),
    scopes: words(REQUIRED_SCOPES),
    acrValues: words(REQUIRED_ACR),
    inPerson: reflector.getAllAndOverride<boolean | undefined>(FORBID_IMPERSONATION, targets),
    maxAge: recent && (recent.maxAge ?? recentAuthentication),
  };
}

/**
 * The first demand that a session fails. What no new authentication would bring comes first: nobody shall prove a password for
 * nothing.
 */
export function shortcomingOf(session: Session, demands: Demands, now: number): Shortcoming | undefined {
  const { roles, scopes, acrValues, maxAge, inPerson } = demands;
  // Whoever acts for a user can prove nothing in his place.
  if (session.actor && (inPerson || acrValues !== undefined || maxAge !== undefined)) {
    return { cause: 'impersonation', error: new ImpersonationForbiddenError() };
  }
  if (roles && !roles.some((role) => session.principal.roles.includes(role))) {
    return { cause: 'role', error: new ForbiddenError() };
  }
  if (scopes && !scopes.every((scope) => session.scope.includes(scope))) {
    return { cause: 'scope', error: new InsufficientScopeError(scopes) };
  }
  const isRecent = maxAge === undefined || now - session.authenticatedAt <= maxAge;
  const isOfClass = acrValues === undefined || acrValues.includes(session.acr);
  if (isRecent && isOfClass) return undefined;
  const demand = { maxAge: maxAge === undefined ? undefined : Math.floor(maxAge / 1000), acrValues };
  return { cause: isOfClass ? 'recency' : 'acr', error: new InsufficientAuthenticationError(demand) };
}
