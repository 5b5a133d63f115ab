import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';

/** What arrived at a receiver of signals. */
export interface Arrival {
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly token: string;
}

/** How a receiver answers: a status, and the body of a refusal. */
export interface ReceiverAnswer {
  readonly status: number;
  readonly body?: string;
  readonly location?: string;
}

/** Takes pushed Security Event Tokens, as somebody else's server would (RFC 8935). */
export class SignalReceiverServer {
  readonly arrivals: Arrival[] = [];
  /** What it says to each token. */
  answer: (arrival: Arrival) => ReceiverAnswer = () => ({ status: 202 });
  private readonly watchers: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {
    server.on('request', (request, response) => void this.take(request, response));
  }

  static async open(): Promise<SignalReceiverServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The receiver has no port.');
    return new SignalReceiverServer(server, `http://127.0.0.1:${address.port}/events`);
  }

  /** Waits until so many have arrived, whatever was answered. */
  async received(count: number): Promise<readonly Arrival[]> {
    while (this.arrivals.length < count) await new Promise<void>((resolve) => this.watchers.push(resolve));
    return this.arrivals;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = await textOf(request);
    const { authorization, 'content-type': contentType } = request.headers;
    const arrival = { authorization, contentType, token };
    const { status, body = '', location } = this.answer(arrival);
    response.writeHead(status, location === undefined ? {} : { location }).end(body);
    this.arrivals.push(arrival);
    for (const watcher of this.watchers.splice(0)) watcher();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.closeAllConnections();
      this.server.close(() => resolve());
    });
  }
}

/** Reads tokens as a receiver that knows nothing but the issuer: by its published keys. */
export function signalReader(url: string, issuer: string, audience: string): (token: string) => Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  return async (token) => (await jwtVerify(token, keys, { issuer, audience, typ: 'secevent+jwt' })).payload;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
