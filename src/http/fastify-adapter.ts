import type { IncomingMessage, ServerResponse } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { noteRoute } from '../access-log/route-of.js';
import type { HttpConfig } from '../config/http-config.js';
import { renderProblem } from '../problems/problem.js';
import { MALFORMED_URL } from './malformed-url.js';
import { BODY_LIMIT, readBody } from './request-body.js';
import { corsOptions } from './secure-headers.js';
import { trustOf } from './trust-proxy.js';

// Fastify answers 414 for a longer route parameter, Express passes it on; nothing of ours comes near it.
const LONGEST_PARAMETER = 16_384;

/** Fastify, set up to behave as Express does: bodies by {@link readBody}. */
export function fastifyAdapter(config: HttpConfig): FastifyAdapter {
  const adapter = new FastifyAdapter({
    trustProxy: trustOf(config.trustProxy),
    bodyLimit: BODY_LIMIT,
    return503OnClosing: false,
    // Before any route is found there is no filter either.
    frameworkErrors: (_error: unknown, request: { readonly url: string }, reply: { readonly raw: ServerResponse }) => {
      const { type, body } = renderProblem(MALFORMED_URL, request.url);
      reply.raw.writeHead(MALFORMED_URL.status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
    },
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
  });
  if (config.corsOrigins.length > 0) adapter.enableCors(corsOptions(config));
  const fastify = adapter.getInstance();
  fastify.addHook(
    'onRequest',
    async (request: { readonly raw: IncomingMessage; readonly routeOptions: { readonly url?: string | undefined } }) =>
      noteRoute(request.raw, request.routeOptions.url),
  );
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: { headers: object }, bytes: Buffer) =>
    readBody(bytes, request.headers),
  );
  return adapter;
}
