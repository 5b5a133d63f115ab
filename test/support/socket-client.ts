import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

/** How a socket was closed. */
interface Close {
  readonly code: number;
  readonly reason: string;
}

/** A client of a WebSocket gateway. */
export class SocketClient {
  /** How it was closed, once it is. */
  readonly closed: Promise<Close>;

  private constructor(private readonly socket: WebSocket) {
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }));
  }

  /** Connects; fails where the handshake is refused. */
  static async open(url: string, path: string, headers: Record<string, string>): Promise<SocketClient> {
    const socket = new WebSocket(url.replace('http', 'ws') + path, { headers });
    const client = new SocketClient(socket);
    await once(socket, 'open');
    return client;
  }

  /** Begins to connect. */
  static unopened(url: string, path: string, headers: Record<string, string>): { terminate(): void } {
    return new WebSocket(url.replace('http', 'ws') + path, { headers }).on('error', () => {});
  }

  /** The answer to a handshake that is refused; fails where it is not. */
  static refusal(url: string, path: string, headers: Record<string, string>) {
    const socket = new WebSocket(url.replace('http', 'ws') + path, { headers });
    return new Promise<{ readonly status: number; readonly headers: IncomingMessage['headers'] }>((resolve, reject) => {
      socket.on('error', () => {}); // that of a connection that is given up
      socket.once('open', () => reject(new Error('The socket was opened.')));
      socket.once('unexpected-response', (_request, answer) => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
        answer.destroy();
      });
    });
  }

  /** Sends an event, and gives the next message that comes. */
  async ask(event: string, data: unknown = null): Promise<unknown> {
    const answer = once(this.socket, 'message');
    this.socket.send(JSON.stringify({ event, data }));
    return JSON.parse(String((await answer)[0]));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
