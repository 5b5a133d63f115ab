import { HttpStatus, type ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { NotAuthenticatedError } from '../../core/errors.js';
import { grpcCodeOf } from '../errors-beyond-http.js';

/** An answer that is still being sent when its route has long been left. */
export interface LastingAnswer {
  breakOff(): void;
  /** Calls back when it is over, however that came; at once if it is over already. */
  onClose(listener: () => void): void;
}

/** A call of gRPC that is answered by a stream (`ServerWritableStream` of `@grpc/grpc-js`). */
interface GrpcStream extends EventEmitter {
  readonly cancelled: boolean;
  readonly destroyed: boolean;
  write(message: unknown): boolean;
}

/**
 * The answer of a route, where it lasts.
 * @param isLive whether the route says so; a stream of gRPC need not
 * @throws NotAuthenticatedError where the route says so of an answer that nobody can break off
 */
export function lastingAnswerOf(context: ExecutionContext, isLive: boolean): LastingAnswer | undefined {
  const type = context.getType<string>();
  if (type === 'http') return isLive ? httpAnswer(context.switchToHttp().getResponse<object>()) : undefined;
  if (type !== 'rpc') return undefined;
  const call = context.getArgByIndex<unknown>(2);
  if (isGrpcStream(call)) return grpcAnswer(call);
  if (!isLive) return undefined;
  throw new NotAuthenticatedError('@EndsWithSession() ends answers over HTTP and streams of gRPC: take it off this handler.');
}

/** Node's own answer, under that of Express or Fastify. */
function httpAnswer(response: { readonly raw?: unknown }): LastingAnswer {
  const answer = (response.raw ?? response) as ServerResponse;
  return {
    breakOff: () => void answer.destroy(),
    onClose: (listener) => (answer.closed ? listener() : void answer.once('close', listener)),
  };
}

function grpcAnswer(call: GrpcStream): LastingAnswer {
  return {
    breakOff: () => {
      const status = { code: grpcCodeOf(HttpStatus.UNAUTHORIZED), details: 'invalid_session: The session has ended.' };
      call.emit('error', Object.assign(new Error(status.details), status)); // sends it, and ends the call
      call.emit('cancelled'); // what Nest stops writing at
    },
    onClose: (listener) => {
      if (call.cancelled || call.destroyed) return listener();
      for (const event of ['cancelled', 'close', 'finish']) call.once(event, listener);
    },
  };
}

function isGrpcStream(call: unknown): call is GrpcStream {
  return typeof call === 'object' && call !== null && 'write' in call && 'cancelled' in call && 'emit' in call;
}
