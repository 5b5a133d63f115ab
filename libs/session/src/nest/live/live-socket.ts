import type { IncomingMessage } from 'node:http';
import type { LiveEnd } from '../../core/live/live-connection.js';
import { authorizationIn, HandshakeRequest } from './handshake.js';

/** A socket of any kind that Nest serves, as far as a session has to do with it. */
export interface LiveSocket {
  readonly request: HandshakeRequest;
  /** Whether its session has ended: what still comes from it is not for the application. */
  readonly hasEnded: boolean;
  /** Closes it, and says why where its protocol has words for it. */
  close(why: LiveEnd): void;
  /** Calls back when it has closed, whoever closed it; at once if it has already. */
  onClose(listener: () => void): void;
}

/** A socket of the package `ws`, by itself or under `graphql-ws`. */
export interface WebSocketClient {
  close(code: number, reason: string): void;
  /** Ends the connection without the closing handshake. */
  terminate(): void;
}

/** A socket of socket.io. */
export interface IoClient {
  readonly request: IncomingMessage;
  readonly handshake: { readonly auth?: unknown };
  /** The connection underneath, also before there is a socket on it. */
  readonly conn: { readonly readyState: string; once(event: 'close', listener: () => void): unknown };
  emit(event: string, payload: object): unknown;
  disconnect(): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
}

/** What `graphql-ws` knows of a socket (its `Context`). */
interface GraphqlClient {
  readonly extra: { readonly socket: WebSocketClient; readonly request: IncomingMessage };
  readonly connectionParams?: unknown;
}

/**
 * Close codes: of RFC 6455 §7.4, and of those that are left to applications the two that `graphql-ws` understands, 4401 (log in again) and
 * 4403 (connect again).
 */
const CLOSE_CODES: Readonly<Record<LiveEnd, number>> = {
  session_over: 4401,
  session_changed: 4403,
  token_expired: 4403,
  store_unavailable: 1013,
  going_away: 1001,
};

/** How long a client may take for the closing handshake (RFC 6455 §7.1.1). Milliseconds. */
const CLOSING = 1_000;

/** The event that a client of socket.io is sent, with `{ why }`, before it is disconnected. */
const SESSION_END = 'session_end';

/** A WebSocket, from its handshake on: its session may end before there is a socket. */
export class NativeLiveSocket implements LiveSocket {
  private client: WebSocketClient | undefined;
  private ended: LiveEnd | undefined;

  constructor(readonly request: HandshakeRequest) {}

  /** Whether it may be used: not if its session has ended meanwhile. */
  completeWith(client: WebSocketClient): boolean {
    this.client = client;
    sockets.set(client, this);
    if (this.ended) this.close(this.ended);
    return this.ended === undefined;
  }

  get hasEnded(): boolean {
    return this.ended !== undefined;
  }

  close(why: LiveEnd): void {
    this.ended = why;
    const { client } = this;
    if (!client) return;
    client.close(CLOSE_CODES[why], why);
    setTimeout(() => client.terminate(), CLOSING).unref(); // who does not answer would be listened to for half a minute
  }

  onClose(listener: () => void): void {
    const { socket } = this.request.message;
    if (socket.destroyed) listener();
    else socket.once('close', listener);
  }
}

const sockets = new WeakMap<object, LiveSocket>();

/** The socket of a client, as gateways and GraphQL resolvers are given it; none where nobody has seen its handshake. */
export function liveSocketOf(client: object): LiveSocket | undefined {
  if (isGraphql(client)) return graphqlSocketOf(client);
  return isIo(client) ? ioSocketOf(client) : sockets.get(client);
}

/** The same for a client that is known to be one of socket.io. */
export function ioSocketOf(client: IoClient): LiveSocket {
  return sockets.get(client) ?? ioSocket(client);
}

function graphqlSocketOf({ extra, connectionParams }: GraphqlClient): LiveSocket {
  const known = sockets.get(extra.socket);
  if (known) return known;
  const socket = new NativeLiveSocket(new HandshakeRequest(extra.request, authorizationIn(connectionParams)));
  socket.completeWith(extra.socket);
  return socket;
}

function ioSocket(client: IoClient): LiveSocket {
  const socket = new IoLiveSocket(client);
  sockets.set(client, socket);
  return socket;
}

/** A socket of socket.io, from before it is connected: until then nobody can disconnect it. */
class IoLiveSocket implements LiveSocket {
  readonly request: HandshakeRequest;
  hasEnded = false;

  constructor(private readonly client: IoClient) {
    this.request = new HandshakeRequest(client.request, authorizationIn(client.handshake.auth));
  }

  close(why: LiveEnd): void {
    this.hasEnded = true;
    this.client.emit(SESSION_END, { why });
    this.client.disconnect();
  }

  onClose(listener: () => void): void {
    if (this.client.conn.readyState === 'closed') return listener();
    this.client.conn.once('close', listener); // one that is refused by somebody else's middleware is never disconnected
    this.client.once('disconnect', listener);
  }
}

function isGraphql(client: object): client is GraphqlClient {
  return 'extra' in client;
}

function isIo(client: object): client is IoClient {
  return 'handshake' in client;
}
