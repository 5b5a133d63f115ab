import type { ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from './http-request.js';

/** Under which name a message carries its access token, among its headers: `Bearer …`, as in HTTP. */
const AUTHORIZATION = 'authorization';

/** None of HTTP: what a message asks for may change something. */
const METHOD = 'MESSAGE';

const requests = new WeakMap<object, HttpRequest>();

/**
 * A message to a microservice as a request: what it carries under `authorization` in its headers, or in the metadata of gRPC. Transports
 * without headers (TCP, Redis) have a place for none: what comes by them is refused.
 */
export function messageRequestOf(context: ExecutionContext): HttpRequest {
  const carrier = context.switchToRpc().getContext<unknown>();
  if (typeof carrier !== 'object' || carrier === null) return { method: METHOD, headers: {} };
  const known = requests.get(carrier);
  if (known) return known;
  const authorization = headersOf(carrier)
    .map(authorizationIn)
    .find((text) => text !== undefined);
  const request = { method: METHOD, headers: authorization === undefined ? {} : { authorization } };
  requests.set(carrier, request);
  return request;
}

/** Where the transports of Nest keep headers: gRPC's metadata are the context itself. */
function headersOf(carrier: object): readonly unknown[] {
  const message = call(carrier, 'getMessage');
  return [carrier, call(carrier, 'getHeaders'), member(message, 'headers'), member(member(message, 'properties'), 'headers')];
}

/** Some are maps whose values are lists, some plain objects; some values are bytes. */
function authorizationIn(headers: unknown): string | undefined {
  const value = call(headers, 'get', AUTHORIZATION) ?? member(headers, AUTHORIZATION);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (first instanceof Uint8Array) return Buffer.from(first).toString('utf8');
  return typeof first === 'string' && first !== '' ? first : undefined;
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}

function call(of: unknown, name: string, ...args: readonly string[]): unknown {
  const method = member(of, name);
  return typeof method === 'function' ? Reflect.apply(method, of, args) : undefined;
}
