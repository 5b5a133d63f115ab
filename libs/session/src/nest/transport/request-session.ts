import type { Session } from '../../core/session.js';
import { identityOf, type HttpRequest } from './http-request.js';

// Not `request.session`: express-session and @fastify/session live there.
const sessions = new WeakMap<object, Session>();

/** Remembers the session that a guard found for this request. */
export function attachSession(request: HttpRequest, session: Session): void {
  sessions.set(identityOf(request), session);
}

/** The session that a guard found for this request. */
export function sessionOf(request: HttpRequest): Session | undefined {
  return sessions.get(identityOf(request));
}
