import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpRequest } from '../transport/http-request.js';

/** The request that opened a socket: all its messages have the credential that this brought. */
export class HandshakeRequest implements HttpRequest {
  readonly method = 'GET';
  readonly headers: IncomingHttpHeaders;
  readonly url: string | undefined;
  readonly rawHeaders: readonly string[];
  /** Where it comes from, as soon as that is known: see {@link LiveSockets}. */
  ip: string | undefined;

  /**
   * @param message as Node's server has it
   * @param authorization what the first message on the socket brought instead of a header: browsers cannot send one with a handshake
   */
  constructor(
    readonly message: IncomingMessage,
    authorization?: string,
  ) {
    const { headers, url, rawHeaders } = message;
    this.headers = authorization === undefined || headers.authorization !== undefined ? headers : { ...headers, authorization };
    this.url = url;
    this.rawHeaders = rawHeaders;
  }
}

/** The value of an `Authorization` header from what a client sent in its first message, where it is one: `token`, or the header itself. */
export function authorizationIn(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { token, authorization, Authorization = authorization } = payload as Readonly<Record<string, unknown>>;
  if (typeof Authorization === 'string') return Authorization;
  return typeof token === 'string' ? `Bearer ${token}` : undefined;
}
