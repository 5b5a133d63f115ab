import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ConsoleLogger, type INestApplication, type LoggerService } from '@nestjs/common';
import { sessionOf } from 'nestjs-hybrid-session';
import { routeOf } from './route-of.js';

/** A request that is over. No address that was typed, no header, no body: all of these may hold a credential. */
interface AccessEntry {
  /** Also told to the client, as `X-Request-Id`: never one that a client chose. */
  readonly requestId: string;
  readonly method: string;
  /** The pattern of the route, `/admin/users/:id`; absent where no route took the request. */
  readonly route?: string;
  readonly status: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Of the session that a guard found good. */
  readonly sessionId?: string;
  readonly userId?: string;
  /** Who acts for that user. */
  readonly actorId?: string;
  /** The client went before it had its answer. */
  readonly aborted?: true;
}

/** Writes the access log to standard output, a line of JSON for each request, for whatever collects logs. */
export function accessLog(): LoggerService {
  return new ConsoleLogger('Access', { json: true, colors: false, logLevels: ['log'] });
}

/** Logs every request when it is over. Before the frameworks see it: also what they refuse by themselves is logged. */
export function logRequests(app: INestApplication<Server>, log: LoggerService): void {
  app.getHttpServer().prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const begun = performance.now();
    const requestId = randomUUID();
    response.setHeader('X-Request-Id', requestId);
    response.once('close', () => void log.log(entryOf(request, response, requestId, performance.now() - begun)));
  });
}

function entryOf(request: IncomingMessage, response: ServerResponse, requestId: string, took: number): AccessEntry {
  const route = routeOf(request);
  const session = sessionOf({ method: request.method ?? '', headers: request.headers, raw: request });
  return {
    requestId,
    method: request.method ?? '',
    ...(route === undefined ? {} : { route }),
    status: response.statusCode,
    duration: Math.round(took * 10) / 10,
    ...(session ? { sessionId: session.id, userId: session.userId } : {}),
    ...(session?.actor ? { actorId: session.actor.userId } : {}),
    ...(response.writableFinished ? {} : { aborted: true }),
  };
}
