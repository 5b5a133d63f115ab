import type { INestApplicationContext, WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Gateways } from './gateways.js';
import { HandshakeRefusals, type Refusal } from './handshake-refusals.js';
import { HandshakeRequest } from './handshake.js';
import {
  ioSocketOf,
  liveSocketOf,
  NativeLiveSocket,
  type IoClient,
  type LiveSocket,
  type WebSocketClient,
} from './live-socket.js';
import { LiveSockets } from './live-sockets.js';

/**
 * What a gateway may say beside the options of its platform: `@WebSocketGateway({ path: '/news', sessions: 'optional' })`. Of gateways that
 * share a server all must say it.
 */
export interface GatewaySessions {
  /** `optional`: also whoever brings no credential may connect, and send what no guard protects. Default: `required`. */
  readonly sessions?: 'required' | 'optional';
}

type Verdict = (verified: boolean, status?: number, message?: string, headers?: Refusal['headers']) => void;
type VerifyClient = (info: { readonly req: IncomingMessage }, verdict: Verdict) => void;
type GatewayOptions = GatewaySessions & { readonly verifyClient?: VerifyClient; readonly [option: string]: unknown };

type Next = (refusal?: Error) => void;

/** A server of socket.io, or one of its namespaces. */
interface IoServer {
  use(middleware: (client: IoClient, next: Next) => void): unknown;
  readonly opts?: { readonly connectionStateRecovery?: { skipMiddlewares?: boolean } };
  /** Of a namespace: the server that it belongs to. */
  readonly server?: IoServer;
}

/**
 * Lets only signed-in clients connect to gateways, by the cookie or the access token of the handshake, and closes each socket as soon as its
 * session ends: `app.useWebSocketAdapter(new SessionSocketAdapter(app, new WsAdapter(app)))`, or with an `IoAdapter`. A client of `ws`
 * that is refused gets an HTTP status instead of a socket (RFC 6455 §4.2.2), one of socket.io `connect_error` with `data.code`.
 */
export class SessionSocketAdapter implements WebSocketAdapter {
  private readonly sockets: LiveSockets;
  private readonly refusals: HandshakeRefusals;
  private readonly gateways: Gateways;
  private readonly optional = new WeakSet<object>();
  private readonly judging = new WeakSet<object>();
  private readonly upgrades = new WeakMap<IncomingMessage, NativeLiveSocket>();

  /** @param adapter that of the platform, which does everything else */
  constructor(
    app: INestApplicationContext,
    private readonly adapter: WebSocketAdapter & { dispose?(): Promise<void> },
  ) {
    this.sockets = app.get(LiveSockets, { strict: false });
    this.refusals = app.get(HandshakeRefusals, { strict: false });
    this.gateways = new Gateways(app);
  }

  /** Makes a server that judges handshakes first. */
  create(port: number, { sessions: _, verifyClient, ...options }: GatewayOptions = {}): object {
    const isOptional = this.gateways.areOptional(port, options);
    const judge: VerifyClient = (info, verdict) => {
      const socket = new NativeLiveSocket(new HandshakeRequest(info.req));
      this.upgrades.set(info.req, socket);
      this.letIn(socket, isOptional).then(
        () => (verifyClient ? verifyClient(info, verdict) : verdict(true)),
        (error: unknown) => {
          const { status, title, headers } = this.refusals.of(error, socket.request);
          verdict(false, status, title, headers);
        },
      );
    };
    const server = this.adapter.create(port, { ...options, verifyClient: judge }) as object;
    if (isOptional) this.optional.add(server);
    return server;
  }

  /** Hands over the clients that were let in. */
  bindClientConnect(server: object, callback: (...args: readonly unknown[]) => void): void {
    if (isIo(server)) {
      this.judgeClients(server);
      this.adapter.bindClientConnect(server, (client: IoClient, ...more: readonly unknown[]) => {
        // What another middleware waited for may have outlasted the session.
        if (ioSocketOf(client).hasEnded) client.disconnect();
        else callback(client, ...more);
      });
      return;
    }
    this.adapter.bindClientConnect(server, (client: WebSocketClient, message: IncomingMessage) => {
      if (this.upgrades.get(message)?.completeWith(client)) callback(client, message);
    });
  }

  bindClientDisconnect(client: object, callback: (...args: readonly unknown[]) => void): void {
    this.adapter.bindClientDisconnect?.(client, callback);
  }

  /** Hands over messages for as long as the session lives, also to what no guard protects. */
  bindMessageHandlers(
    client: object,
    handlers: readonly WsMessageHandler[],
    transform: Parameters<WebSocketAdapter['bindMessageHandlers']>[2],
  ): void {
    const socket = liveSocketOf(client);
    const living = handlers.map((handler) => ({
      ...handler,
      callback: (...args: readonly unknown[]) => (socket?.hasEnded ? Promise.resolve() : handler.callback(...args)),
    }));
    this.adapter.bindMessageHandlers(client, living, transform);
  }

  close(server: object): unknown {
    return this.adapter.close(server);
  }

  async dispose(): Promise<void> {
    await this.adapter.dispose?.();
  }

  /** Several gateways may share one server. */
  private judgeClients(server: IoServer): void {
    if (this.judging.has(server)) return;
    this.judging.add(server);
    const recovery = (server.server ?? server).opts?.connectionStateRecovery;
    if (recovery) recovery.skipMiddlewares = false; // or whoever lost his connection would come back after his session has ended
    const isOptional = this.optional.has(server);
    const judge = async (client: IoClient, next: Next) => next(await this.refusalOf(ioSocketOf(client), isOptional));
    server.use((client, next) => void judge(client, next));
  }

  /** What a client of socket.io is told, if it is not let in. */
  private async refusalOf(socket: LiveSocket, isOptional: boolean): Promise<Error | undefined> {
    try {
      await this.letIn(socket, isOptional);
      return undefined;
    } catch (error) {
      const { title, data } = this.refusals.of(error, socket.request);
      return Object.assign(new Error(title), { data });
    }
  }

  private async letIn(socket: LiveSocket, isOptional: boolean): Promise<void> {
    if (!isOptional || this.sockets.bringsCredential(socket)) await this.sockets.admit(socket);
  }
}

function isIo(server: object): server is IoServer {
  return 'use' in server;
}
