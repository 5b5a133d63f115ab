import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { NotAuthenticatedError } from '../../core/errors.js';
import type { LiveConnection } from '../../core/live/live-connection.js';
import { LiveSessions } from '../../core/live/live-sessions.js';
import type { Session } from '../../core/session.js';
import { type Accepted, Gatekeeper } from '../guards/gatekeeper.js';
import type { LiveSocket } from './live-socket.js';

/** Whatever a handshake brought may open a socket; what it is good for is asked at each message. */
const EITHER: readonly Accepted[] = ['cookie', 'token'];

/** Sockets that live as long as the session that opened them. */
@Injectable()
export class LiveSockets implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly admitted = new WeakMap<LiveSocket, Promise<LiveConnection>>();

  constructor(
    private readonly gatekeeper: Gatekeeper,
    private readonly live: LiveSessions,
  ) {}

  onApplicationBootstrap(): void {
    this.live.start();
  }

  /** Before the servers close: what still streams would keep them open. */
  beforeApplicationShutdown(): void {
    this.live.close();
  }

  /** Whether a handshake brings a credential at all, good or not. */
  bringsCredential({ request }: LiveSocket): boolean {
    return this.gatekeeper.kindOf(request) !== 'none';
  }

  /**
   * Lets a socket in by its handshake. From then on it is closed as soon as its session ends. @throws SessionError
   */
  admit(socket: LiveSocket): Promise<LiveConnection> {
    const known = this.admitted.get(socket);
    if (known) return known;
    const admitted = this.authenticate(socket);
    this.admitted.set(socket, admitted);
    admitted.catch(() => this.admitted.delete(socket)); // the next message asks again
    return admitted;
  }

  /**
   * The session of a socket on which a message arrived: it is asked for at each.
   * @throws SessionError
   */
  async sessionOf(socket: LiveSocket, accepts: readonly Accepted[]): Promise<Session> {
    const kind = this.gatekeeper.kindOf(socket.request);
    if (kind === 'none' || !accepts.includes(kind)) throw new NotAuthenticatedError();
    return this.live.use(await this.admit(socket));
  }

  private async authenticate(socket: LiveSocket): Promise<LiveConnection> {
    const { request } = socket;
    let connection: LiveConnection | undefined;
    let isGone = false;
    socket.onClose(() => {
      isGone = true;
      if (connection) this.live.release(connection);
    });
    request.ip = this.gatekeeper.addressOf(request.message);
    const session = await this.gatekeeper.authenticate(request, undefined, {
      accepts: EITHER,
      revocation: 'strict',
      mayChange: false,
      exempt: false,
      isHandshake: true,
    });
    const recheck = this.gatekeeper.recheckOf(session, request);
    connection = await this.live.admit(session, recheck, (why) => socket.close(why));
    if (isGone) this.live.release(connection); // while it was let in
    return connection;
  }
}
