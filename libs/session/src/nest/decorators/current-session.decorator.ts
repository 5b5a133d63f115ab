import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import type { SessionActor } from '../../core/impersonation/session-actor.js';
import type { Principal } from '../../core/ports/accounts.js';
import type { Session } from '../../core/session.js';
import { callOf } from '../transport/calls.js';
import { sessionOf } from '../transport/request-session.js';
import type { ParameterTaking } from './parameter-taking.js';

/** The signed-in user as handlers and answers see it. What `role` and `claims` are is the host's to say: `SessionTypes`. */
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

/**
 * The session of the request: `@CurrentSession() session: Session`. A parameter of a type that does not take one is no program.
 * Throws on a route that no session guard protects.
 */
export const CurrentSession: CurrentOne<Session> = createParamDecorator((_: unknown, context: ExecutionContext) =>
  sessionIn(context),
);

/**
 * The user of the request: `@CurrentUser() user: AuthenticatedUser`. A parameter of a type that does not take one is no program.
 * Throws on a route that no session guard protects.
 */
export const CurrentUser: CurrentOne<AuthenticatedUser> = createParamDecorator((_: unknown, context: ExecutionContext) =>
  userOf(sessionIn(context)),
);

/** A decorator of parameters: what pipes make of the value is theirs to say, what it is without any is held to the parameter's type. */
interface CurrentOne<Value> {
  (): ParameterTaking<Value>;
  (...pipes: readonly [Pipe, ...Pipe[]]): ParameterDecorator;
}

type Pipe = PipeTransform | Type<PipeTransform>;

function sessionIn(context: ExecutionContext): Session {
  const session = sessionOf(callOf(context).request);
  if (!session) throw new Error('This request has no session: put @UseGuards(SessionGuard) on the route, or remove @Public().');
  return session;
}
