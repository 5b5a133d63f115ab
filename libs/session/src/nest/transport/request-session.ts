import type { Session } from '../../core/session.js';
import { identityOf, type HttpRequest } from './http-request.js';

/** A constructor that answers what it is given: the private fields of a class that extends it are added to that. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/**
 * The session of a request, in a private field of the request itself. Not `request.session`: express-session and @fastify/session live
 * there, and what others can see, somebody logs. Nor a `WeakMap`, which says the same and costs each request a microsecond more
 * (docs/performance.md).
 */
class SessionOfRequest extends Given {
  #session: Session | undefined;
  #finder: object | undefined;

  static get(request: object): Session | undefined {
    return #session in request ? request.#session : undefined;
  }

  static foundBy(finder: object, request: object): Session | undefined {
    return #session in request && request.#finder === finder ? request.#session : undefined;
  }

  static set(request: object, session: Session, finder: object): void {
    const marked = #session in request ? request : new SessionOfRequest(request);
    marked.#session = session;
    marked.#finder = finder;
  }
}

/**
 * Remembers the session that a guard found for this request.
 * @param finder the gatekeeper of the guard: what it found means nothing to that of another module in the same process
 */
export function attachSession(request: HttpRequest, session: Session, finder: object): void {
  SessionOfRequest.set(identityOf(request), session, finder);
}

/** The session that a guard found for this request. */
export function sessionOf(request: HttpRequest): Session | undefined {
  return SessionOfRequest.get(identityOf(request));
}

/** The same, if this gatekeeper found it: all that lets a second guard pass without a look at the credential. */
export function sessionFoundBy(finder: object, request: HttpRequest): Session | undefined {
  return SessionOfRequest.foundBy(finder, identityOf(request));
}
