import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { RouteRevocation } from '../../core/revocation/freshness.js';
import { ALLOW_CHANGED_CLIENT } from '../decorators/allow-changed-client.decorator.js';
import { CSRF_EXEMPT } from '../decorators/csrf-exempt.decorator.js';
import { PUBLIC } from '../decorators/public.decorator.js';
import { REVOCATION_MODE } from '../decorators/revocation-mode.decorator.js';
import { ENDS_WITH_SESSION } from '../live/ends-with-session.decorator.js';
import { type Demands, demandsOf } from './demands.js';

/** What the decorators of a route, or else of its class, say. */
export interface Route {
  readonly isPublic: boolean;
  readonly demands: Demands;
  readonly revocation: RouteRevocation | undefined;
  /** Whether a client that has changed may come. */
  readonly mayChange: boolean;
  /** Whether no CSRF token is asked for. */
  readonly exempt: boolean;
  /** Whether its answer lasts, and ends with the session. */
  readonly isLive: boolean;
}

/** What Nest's `@Sse()` marks a handler with. */
const SSE = '__sse__';

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Reads the decorators of each route once: they do not change while the application runs. */
export class Routes {
  /** By handler and class: several classes may inherit one handler. */
  private readonly known = new WeakMap<Handler, WeakMap<object, Route>>();

  /** @param recentAuthentication what `@RequireRecentAuth()` asks for without a number, in milliseconds */
  constructor(
    private readonly reflector: Reflector,
    private readonly recentAuthentication: number,
  ) {}

  /** The route of a context. */
  of(context: ExecutionContext): Route {
    const [handler, owner] = [context.getHandler(), context.getClass()];
    const route = this.known.get(handler)?.get(owner);
    if (route) return route;
    const read = this.read([handler, owner]);
    const ofHandler = this.known.get(handler) ?? new WeakMap<object, Route>();
    this.known.set(handler, ofHandler.set(owner, read));
    return read;
  }

  private read(targets: Parameters<Reflector['getAllAndOverride']>[1]): Route {
    const { reflector, recentAuthentication } = this;
    return {
      isPublic: reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) ?? false,
      demands: demandsOf(reflector, targets, recentAuthentication),
      revocation: reflector.getAllAndOverride<RouteRevocation | undefined>(REVOCATION_MODE, targets),
      mayChange: reflector.getAllAndOverride<boolean | undefined>(ALLOW_CHANGED_CLIENT, targets) ?? false,
      exempt: reflector.getAllAndOverride<string | undefined>(CSRF_EXEMPT, targets) !== undefined,
      isLive: isLiveRoute(reflector, targets),
    };
  }
}

/** Whether the answer of a route lasts, and ends with the session. */
export function isLiveRoute(reflector: Reflector, targets: Parameters<Reflector['getAllAndOverride']>[1]): boolean {
  return [SSE, ENDS_WITH_SESSION].some((mark) => reflector.getAllAndOverride<boolean | undefined>(mark, targets) === true);
}
