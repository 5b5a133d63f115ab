import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf } from '../transport/http-request.js';
import { visitorOf } from './request-visitor.js';
import type { Visitor } from './visitor.js';

/** Whoever sends the request: `@CurrentVisitor() visitor: Visitor`. Throws on a route that no {@link VisitorGuard} has let it pass to. */
export const CurrentVisitor = createParamDecorator((_: unknown, context: ExecutionContext): Visitor => {
  const visitor = visitorOf(requestOf(context));
  if (!visitor) throw new Error('This request has no visitor: put @UseGuards(VisitorGuard) on the route.');
  return visitor;
});
