import { HttpStatus, type ArgumentsHost } from '@nestjs/common';
import { throwError } from 'rxjs';
import type { SessionError } from '../core/errors.js';
import { demandOf } from './challenges.js';
import { PROBLEMS } from './problems.js';

/** What `catch` of a filter returns: Nest's drivers for GraphQL and for microservices take their answers from there. */
export type FilterResult = unknown;

/**
 * Tells a client that did not ask by HTTP: the same `code`, in the form of its protocol. GraphQL: `extensions.code`. Gateways: the event
 * `exception`, as Nest's own filter sends it. Microservices: the error object of the answer; gRPC: its status, and the code in `details`.
 */
export function answerBeyondHttp(error: SessionError, context: ArgumentsHost): FilterResult {
  const { code, message } = error;
  const told = { status: 'error', code, message, ...demandOf(error) };
  const type = context.getType<string>();
  if (type === 'graphql') return Object.assign(new Error(message), { extensions: { code, ...demandOf(error) } });
  if (type === 'rpc') return throwError(() => (isGrpc(context) ? grpcStatusOf(error) : told));
  if (type === 'ws') tell(context.switchToWs().getClient<Client>(), told);
  return undefined;
}

/** A native WebSocket, or a socket of socket.io. */
type Client = { readonly readyState: number; send(text: string): void } | { emit(event: string, payload: object): void };

function tell(client: Client, payload: object): void {
  if ('readyState' in client) client.send(JSON.stringify({ event: 'exception', data: payload }));
  else client.emit('exception', payload);
}

/** Status codes of gRPC for those of HTTP (google.rpc.Code). */
const GRPC_CODES: Partial<Record<HttpStatus, number>> = {
  [HttpStatus.BAD_REQUEST]: 3,
  [HttpStatus.FORBIDDEN]: 7,
  [HttpStatus.TOO_MANY_REQUESTS]: 8,
  [HttpStatus.SERVICE_UNAVAILABLE]: 14,
  [HttpStatus.UNAUTHORIZED]: 16,
};
const GRPC_UNKNOWN = 2;

function grpcStatusOf({ code, message }: SessionError): object {
  return { code: grpcCodeOf(PROBLEMS[code][0]), details: `${code}: ${message}` };
}

/** What gRPC says for a status of HTTP. */
export function grpcCodeOf(status: HttpStatus): number {
  return GRPC_CODES[status] ?? GRPC_UNKNOWN;
}

/** The context of a gRPC call is its metadata. */
function isGrpc(context: ArgumentsHost): boolean {
  const carrier = context.switchToRpc().getContext<unknown>();
  return typeof carrier === 'object' && carrier !== null && 'getMap' in carrier;
}
