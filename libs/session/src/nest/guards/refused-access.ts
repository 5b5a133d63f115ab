import type { ExecutionContext } from '@nestjs/common';
import type { AccessRefusalCause } from '../../core/events.js';
import type { Session } from '../../core/session.js';
import { requestOf } from '../transport/http-request.js';
import { clientOf } from '../transport/request-credential.js';
import type { Gatekeeper } from './gatekeeper.js';

/**
 * Tells the audit trail that a good session was refused a route (ASVS 16.3.2): once per refused request, with the first demand
 * that it failed. The route is told by the names in its code, never by the URL, in which anything may stand.
 */
export function reportRefusedAccess(
  { emit, clock }: Gatekeeper,
  context: ExecutionContext,
  { id: sessionId, userId }: Session,
  cause: AccessRefusalCause,
): void {
  const { address } = clientOf(requestOf(context));
  const resource = `${context.getClass().name}.${context.getHandler().name}`;
  emit({ type: 'access.refused', at: clock.now(), sessionId, userId, cause, address, resource });
}
