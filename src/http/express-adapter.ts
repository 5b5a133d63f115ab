import { BadRequestException } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { HttpConfig } from '../config/http-config.js';
import { MALFORMED_URL } from './malformed-url.js';
import { BODY_LIMIT, readBody } from './request-body.js';
import { corsOptions } from './secure-headers.js';
import { trustOf } from './trust-proxy.js';

/** Express, set up to behave as Fastify does: exact routes, and bodies by {@link readBody}. */
export function expressAdapter(config: HttpConfig): ExpressAdapter {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // a digest of an authenticated answer is of no use to no-store, and costs a hash
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('trust proxy', trustOf(config.trustProxy));
  app.use(refuseMalformedUrl);
  const adapter = new ExpressAdapter(app);
  if (config.corsOrigins.length > 0) adapter.enableCors(corsOptions(config));
  app.use(express.raw({ type: ({ method }) => method !== 'GET' && method !== 'HEAD', limit: BODY_LIMIT, inflate: false }));
  app.use((request: Request, _response: Response, next: NextFunction) => {
    const bytes: unknown = request.body;
    request.body = Buffer.isBuffer(bytes) ? readBody(bytes, request.headers) : undefined;
    next();
  });
  return adapter;
}

/** Express would notice only where a route has a parameter. */
function refuseMalformedUrl({ path }: Request, _response: Response, next: NextFunction): void {
  try {
    decodeURIComponent(path);
  } catch {
    throw new BadRequestException(MALFORMED_URL.detail);
  }
  next();
}
