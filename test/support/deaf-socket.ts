import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const MASK = [1, 2, 3, 4] as const;

/** A WebSocket client that sends, and answers nothing: no closing handshake either (RFC 6455 §5). */
export class DeafSocket {
  /** When the server has given it up. */
  readonly closed: Promise<unknown>;

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => {}).resume();
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  static async open(url: string, path: string, headers: Record<string, string>): Promise<DeafSocket> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    const upgrade = { Host: host, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
    const given = { ...upgrade, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers };
    const lines = Object.entries(given).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    await once(socket, 'data');
    return new DeafSocket(socket);
  }

  /** Sends a message of at most 125 bytes in one masked frame. */
  send(message: object): void {
    const text = Buffer.from(JSON.stringify(message));
    const masked = text.map((byte, at) => byte ^ (MASK[at % 4] ?? 0));
    this.socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, ...MASK]), masked]));
  }

  /** Breaks the connection without a word. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}
