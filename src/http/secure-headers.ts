import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import helmet from 'helmet';
import type { HttpConfig } from '../config/http-config.js';

const YEAR = 365 * 24 * 3600;

/** Headers that a page of another origin may read, beside those that it always may. */
const EXPOSED = ['WWW-Authenticate', 'Retry-After', 'DPoP-Nonce'];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const ASKED_WITH = ['Authorization', 'Content-Type', 'DPoP', 'X-CSRF-Token'];

/**
 * Gives every answer the headers that tell browsers what not to do (ASVS 3.4): nothing but our own style sheet, script and icon, nothing
 * framed, nothing guessed, no address passed on. Before the frameworks see a request: also what they refuse by themselves has them.
 */
export function sendSecureHeaders(app: INestApplication<Server>, { publicUrl, corsOrigins }: HttpConfig): void {
  const write = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Not 'no-referrer': a form that is sent under it names the origin "null", which no login takes.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: publicUrl.startsWith('https:') && { maxAge: YEAR, includeSubDomains: true },
    xFrameOptions: { action: 'deny' },
  });
  app.getHttpServer().prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    // Also where the origin is granted nothing: a cache must not hand that answer to a page that would be granted it.
    if (corsOrigins.length > 0) response.setHeader('Vary', 'Origin');
    write(request, response, () => undefined); // it writes at once, and leaves the answer to whoever stands behind it
  });
}

/**
 * Options of `enableCors` that let the pages of the listed origins call this application, and no others (ASVS 3.4.2): those get no
 * header of CORS at all. For an adapter that does not read bodies yet, or the pages could not read why a body was refused.
 */
export function corsOptions({ corsOrigins }: HttpConfig) {
  const listed = new Set<string | undefined>(corsOrigins);
  return {
    origin: (origin: string | undefined, answer: (error: Error | null, granted: boolean) => void) =>
      answer(null, listed.has(origin)),
    credentials: true,
    methods: METHODS,
    allowedHeaders: ASKED_WITH,
    exposedHeaders: EXPOSED,
    maxAge: 600,
    strictPreflight: false, // of Fastify's: an OPTIONS that is no preflight is answered as on Express
  };
}
