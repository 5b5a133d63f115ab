import type { IncomingMessage } from 'node:http';

const routes = new WeakMap<IncomingMessage, string>();

/** Remembers by which route Fastify takes a request; Express writes it on the request itself. */
export function noteRoute(request: IncomingMessage, pattern: string | undefined): void {
  if (pattern !== undefined) routes.set(request, pattern);
}

/** The pattern of the route that took a request, on either adapter. */
export function routeOf(request: IncomingMessage): string | undefined {
  const noted = routes.get(request);
  if (noted !== undefined || !('route' in request)) return noted;
  const { route } = request;
  const isNamed = typeof route === 'object' && route !== null && 'path' in route && typeof route.path === 'string';
  return isNamed ? String(route.path) : undefined;
}
