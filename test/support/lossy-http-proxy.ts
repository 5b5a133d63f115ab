import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What happens to one exchange on its way. */
type Fate = 'fine' | 'request lost' | 'answer lost' | 'delayed' | 'duplicated';

const MISHAPS: readonly Fate[] = ['request lost', 'answer lost', 'delayed', 'duplicated'];
const LONGEST_DELAY = 40;

/** A file that the proxy serves itself, without mishap. */
export interface ServedFile {
  readonly type: string;
  readonly body: string;
}

interface Exchange {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * A way to an HTTP server on which one exchange in five goes wrong, while it is told to: the request or the answer is lost with the
 * connection, the answer is held up, or the request arrives twice at once and the client is given the later answer.
 */
export class LossyHttpProxy {
  /** How often each fate befell a refresh. */
  readonly refreshes: Record<Fate, number> = { fine: 0, 'request lost': 0, 'answer lost': 0, delayed: 0, duplicated: 0 };
  /** The refresh tokens that were presented. */
  readonly presented = new Set<string>();
  readonly files = new Map<string, ServedFile>();
  /** Where other paths lead, by a redirect that keeps method and body. */
  readonly redirects = new Map<string, string>();
  isLossy = false;
  private readonly fatesOfRefreshes = new Fates();
  private readonly fatesOfOthers = new Fates();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: () => string,
  ) {}

  /** @param target the address of the server, once it is known */
  static async open(target: () => string): Promise<LossyHttpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
    const proxy = new LossyHttpProxy(server, address.port, target);
    server.on('request', (incoming, answer) => void proxy.handle(incoming, answer).catch(() => answer.destroy()));
    return proxy;
  }

  /** How many refreshes the clients sent. */
  get sent(): number {
    return Object.values(this.refreshes).reduce((sum, count) => sum + count, 0);
  }

  /** How many refreshes the clients had to send again. */
  get lost(): number {
    return this.refreshes['request lost'] + this.refreshes['answer lost'];
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.agent.destroy();
  }

  private async handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = incoming.url ?? '/';
    const file = this.files.get(path);
    if (file) return void answer.writeHead(200, { 'Content-Type': file.type }).end(file.body);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const elsewhere = this.redirects.get(path);
    if (elsewhere !== undefined) return void answer.writeHead(307, { Location: elsewhere }).end();

    const fates = path === '/oauth/token' ? this.fatesOfRefreshes : this.fatesOfOthers;
    const fate = this.isLossy ? fates.draw() : 'fine';
    if (path === '/oauth/token') {
      this.refreshes[fate]++;
      this.presented.add(new URLSearchParams(body.toString()).get('refresh_token') ?? '');
    }
    if (fate === 'request lost') return void incoming.socket.destroy();
    const forwarded = () => this.forward(incoming, body);
    const exchange = fate === 'duplicated' ? await later(forwarded(), forwarded()) : await forwarded();
    if (fate === 'answer lost') return void incoming.socket.destroy();
    if (fate === 'delayed') await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_DELAY));
    const { 'transfer-encoding': _, connection: __, ...headers } = exchange.headers;
    answer.writeHead(exchange.status, headers).end(exchange.body);
  }

  private forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(url ?? '/', this.target()), { method, headers, agent: this.agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
      });
      outgoing.on('error', reject).end(body);
    });
  }
}

/** Fates as cards are dealt: by chance, but of twenty in a row four go wrong, each in another way. So no test waits in vain for a mishap. */
class Fates {
  private deck: Fate[] = [];

  draw(): Fate {
    if (this.deck.length === 0) this.deck = [...MISHAPS, ...Array.from<Fate>({ length: 4 * MISHAPS.length }).fill('fine')];
    const [drawn = 'fine'] = this.deck.splice(Math.floor(Math.random() * this.deck.length), 1);
    return drawn;
  }
}

/** Both, and of them the one that came later. */
async function later<T>(...both: readonly Promise<T>[]): Promise<T> {
  const inOrder: T[] = [];
  await Promise.all(both.map(async (one) => inOrder.push(await one)));
  const last = inOrder.at(-1);
  if (last === undefined) throw new Error('Nothing was sent.');
  return last;
}
