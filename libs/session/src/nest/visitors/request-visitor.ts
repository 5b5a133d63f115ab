import { identityOf, type HttpRequest } from '../transport/http-request.js';
import type { Visitor } from './visitor.js';

const visitors = new WeakMap<object, Visitor>();

/** Remembers who sends this request. */
export function attachVisitor(request: HttpRequest, visitor: Visitor): void {
  visitors.set(identityOf(request), visitor);
}

/** Who sends this request. */
export function visitorOf(request: HttpRequest): Visitor | undefined {
  return visitors.get(identityOf(request));
}
