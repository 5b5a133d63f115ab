import type { ExecutionContext } from '@nestjs/common';
import type { AccessRefusalCause } from '../../core/events.js';
import type { Session } from '../../core/session.js';
import { callOf } from '../transport/calls.js';
import { clientOf } from '../transport/request-credential.js';
import type { Gatekeeper } from './gatekeeper.js';

/**
 * Tells the audit trail that a good session was refused a route (ASVS 16.3.2): once per refused request, with the first demand
 * that it failed.
 */
export function reportRefusedAccess(
  { emit, clock }: Gatekeeper,
  context: ExecutionContext,
  session: Session,
  cause: AccessRefusalCause,
): void {
  emit({ type: 'access.refused', at: clock.now(), cause, ...about(context, session) });
}

/** Tells it of a request by which somebody who acts for a user may change something: it stands under the user's name everywhere else. */
export function reportImpersonatedAct({ emit, clock }: Gatekeeper, context: ExecutionContext, session: Session): void {
  emit({ type: 'impersonation.acted', at: clock.now(), ...about(context, session) });
}

/** The route is told by the names in its code, never by the URL, in which anything may stand. */
function about(context: ExecutionContext, { id: sessionId, userId }: Session) {
  const { address } = clientOf(callOf(context).request);
  return { sessionId, userId, address, resource: `${context.getClass().name}.${context.getHandler().name}` };
}
