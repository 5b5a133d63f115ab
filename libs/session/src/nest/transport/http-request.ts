import type { ExecutionContext } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';

/** What this library reads of a request: the same on Express and on Fastify. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body?: unknown;
  /** The client's address as the host's trust-proxy setting sees it. */
  readonly ip?: string | undefined;
  /** The request target as it arrived, whatever a router has cut off it. */
  readonly originalUrl?: string | undefined;
  readonly url?: string | undefined;
  /** Every header line: name, value, name, value. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** Fastify's way to the request underneath. */
  readonly raw?: { readonly rawHeaders?: readonly string[] | undefined } | undefined;
}

/** The request of an HTTP context. */
export function requestOf(context: ExecutionContext): HttpRequest {
  return context.switchToHttp().getRequest<HttpRequest>();
}

/**
 * The one object that stands for a request in middleware, guard and handler alike: what is remembered of a request is remembered of it.
 * On Express a middleware of the host may keep something of its own under `raw`, the body for one; and if that is the same object
 * for every request without a body, whoever came after a user would have the user's session.
 */
export function identityOf(request: HttpRequest): object {
  const { raw } = request;
  return raw?.rawHeaders ? raw : request;
}

/** A header that may stand only once. */
export function headerOf(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The value of every line of a header: Node joins some that stand twice, and drops others. */
export function headerLines(request: HttpRequest, name: string): readonly string[] {
  const lines = request.raw?.rawHeaders ?? request.rawHeaders;
  if (!lines) return [headerOf(request, name) ?? []].flat();
  return lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === name);
}

/** The media type of the body, without parameters. */
export function mediaTypeOf(request: HttpRequest): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
