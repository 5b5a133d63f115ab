import type { ExecutionContext } from '@nestjs/common';
import { NotAuthenticatedError } from '../../core/errors.js';
import { liveSocketOf, type LiveSocket } from '../live/live-socket.js';
import { requestOf, type HttpRequest } from './http-request.js';
import { messageRequestOf } from './message-request.js';

/** What a guard is asked about, whatever it came by. */
export type Call =
  /** What brings its credential itself: an HTTP request, GraphQL in one, a message to a microservice. `response`: where there is one. */
  | { readonly by: 'request'; readonly request: HttpRequest; readonly response: unknown }
  /** A message on a socket, whose handshake brought the credential: for a gateway, or a GraphQL operation. */
  | { readonly by: 'socket'; readonly request: HttpRequest; readonly socket: LiveSocket };

/** What GraphQL resolvers are given, as Nest's drivers make it: the request, or what `graphql-ws` knows of its socket. */
interface GraphqlContext {
  readonly req?: unknown;
  readonly res?: unknown;
}

/**
 * The call of a context: HTTP, GraphQL, WebSocket or microservice.
 * @throws NotAuthenticatedError where nothing can carry a credential
 */
export function callOf(context: ExecutionContext): Call {
  const type = context.getType<string>();
  if (type === 'http') return { by: 'request', request: requestOf(context), response: context.switchToHttp().getResponse() };
  if (type === 'graphql') return graphqlCall(context.getArgByIndex<GraphqlContext>(2));
  if (type === 'ws') return socketCall(context.switchToWs().getClient<object>());
  if (type === 'rpc') return { by: 'request', request: messageRequestOf(context), response: undefined };
  throw new NotAuthenticatedError(`Session guards do not know contexts of the type "${type}": guard this one by other means.`);
}

function graphqlCall({ req, res }: GraphqlContext): Call {
  if (typeof req !== 'object' || req === null)
    throw new NotAuthenticatedError('The GraphQL context has no `req`: let the `context` of GraphQLModule return one.');
  if ('extra' in req) return socketCall(req);
  if (!isRequest(req)) throw new NotAuthenticatedError(NO_REQUEST);
  return { by: 'request', request: req, response: res ?? req.res };
}

const NO_REQUEST =
  'The `req` of the GraphQL context is no HTTP request: leave it as the driver gives it, for subscriptions too, whose sockets are not closed otherwise.';

/** Not what a host has made of a socket or its parameters: it would count as one request for as long as the socket is open. */
function isRequest(req: object): req is HttpRequest & { readonly res?: unknown } {
  if (!('method' in req && 'headers' in req) || typeof req.method !== 'string') return false;
  return typeof req.headers === 'object' && req.headers !== null && !('upgrade' in req.headers);
}

function socketCall(client: object): Call {
  const socket = liveSocketOf(client);
  if (socket) return { by: 'socket', request: socket.request, socket };
  throw new NotAuthenticatedError(
    'Of this socket no handshake is known: app.useWebSocketAdapter(new SessionSocketAdapter(app, new WsAdapter(app))).',
  );
}
