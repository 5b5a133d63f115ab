import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { SessionActor } from '../../core/impersonation/session-actor.js';
import type { Principal } from '../../core/ports/accounts.js';
import type { Session } from '../../core/session.js';
import { callOf } from '../transport/calls.js';
import { sessionOf } from '../transport/request-session.js';

/** The signed-in user as handlers and answers see it. */
export interface AuthenticatedUser extends Omit<Principal, 'version'> {
  readonly id: string;
  /** Who acts in the user's place, where somebody does. */
  readonly actor?: SessionActor;
}

/** The user of a session. */
export function userOf(session: Session): AuthenticatedUser {
  const { version: _, ...principal } = session.principal;
  return { id: session.userId, ...principal, ...(session.actor ? { actor: session.actor } : {}) };
}

/** The session of the request: `@CurrentSession() session: Session`. Throws on a route that no session guard protects. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext): Session => sessionIn(context));

/** The user of the request: `@CurrentUser() user: AuthenticatedUser`. Throws on a route that no session guard protects. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context: ExecutionContext): AuthenticatedUser => userOf(sessionIn(context)),
);

function sessionIn(context: ExecutionContext): Session {
  const session = sessionOf(callOf(context).request);
  if (!session) throw new Error('This request has no session: put @UseGuards(SessionGuard) on the route, or remove @Public().');
  return session;
}
