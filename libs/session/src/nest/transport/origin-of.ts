import type { Origin } from '../../core/origin.js';
import type { HttpRequest } from './http-request.js';
import { clientOf } from './request-credential.js';
import { sessionOf } from './request-session.js';

/** Where a request comes from, and whose session a guard found it to be: who does what it asks for, in person. */
export function originOf(request: HttpRequest): Origin {
  const { address } = clientOf(request);
  const session = sessionOf(request);
  if (!session) return { address };
  const { userId, sessionId } = session.actor ?? { userId: session.userId, sessionId: session.id };
  return { address, actorId: userId, actorSessionId: sessionId };
}
