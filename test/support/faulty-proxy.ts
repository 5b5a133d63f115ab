import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a connection is for: one that has subscribed (Redis) or listens (PostgreSQL) hears the feed of changes; any other asks the store. */
export type Purpose = 'store' | 'feed';

/** Milliseconds by which answers are held up: each by as much as chance says between the two. */
export type Delay = readonly [least: number, most: number];

/** One direction of a connection: gives on what comes in, in order, when it is time and the way is open. */
class Lane {
  private readonly waiting: { readonly chunk: Buffer; readonly dueAt: number }[] = [];

  constructor(
    private readonly to: Socket,
    private readonly isOpen: () => boolean,
    private readonly delay: () => number,
  ) {}

  take(chunk: Buffer): void {
    this.waiting.push({ chunk, dueAt: performance.now() + this.delay() });
    this.pump();
  }

  pump(): void {
    for (let next = this.waiting[0]; next && this.isOpen(); next = this.waiting[0]) {
      const early = next.dueAt - performance.now();
      if (early > 0) {
        setTimeout(() => this.pump(), early + 1);
        return;
      }
      this.waiting.shift();
      if (!this.to.destroyed) this.to.write(next.chunk);
    }
  }
}

/**
 * A way to a server on this machine that can fail as networks do: it goes silent without closing anything (what was sent meanwhile
 * arrives when it mends, as TCP does it), or holds answers up, so that those of different connections overtake each other.
 */
export class FaultyProxy {
  private readonly sockets = new Set<Socket>();
  private readonly lanes = new Set<Lane>();
  private silent: ReadonlySet<Purpose> = new Set();
  private readonly forbidden = new Set<Purpose>();
  private delays: Partial<Record<Purpose, Delay>> = {};
  /** How many commands have come from clients, given on or not. */
  commands = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    /** The port of the server that new connections reach. Changed, it is as if an address had moved to another machine. */
    public target: number,
  ) {}

  /** @param target the port of the server */
  static async open(target: number): Promise<FaultyProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
    const proxy = new FaultyProxy(server, address.port, target);
    server.on('connection', (client) => proxy.join(client, connect(proxy.target, '127.0.0.1')));
    return proxy;
  }

  /** How many connections are open through it. */
  get connections(): number {
    return this.sockets.size / 2;
  }

  /** Lets nothing through any more on connections of these purposes, old or new, in either direction. */
  silence(...purposes: readonly Purpose[]): void {
    this.silent = new Set(purposes);
  }

  /** Holds up what the server sends on connections of a purpose. */
  delay(purpose: Purpose, delay: Delay): void {
    this.delays[purpose] = delay;
  }

  /** Lets connections of a purpose be, old and new, or breaks them: whatever is mended meanwhile. */
  allow(purpose: Purpose, allowed: boolean): void {
    if (allowed) this.forbidden.delete(purpose);
    else this.forbidden.add(purpose);
  }

  /** Lets everything through again, with what was held back. */
  mend(): void {
    this.silent = new Set();
    this.delays = {};
    for (const lane of this.lanes) lane.pump();
  }

  /** Breaks every connection there is. What was held up on the way is lost. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  private join(client: Socket, server: Socket): void {
    let purpose: Purpose = 'store';
    const isOpen = () => !this.silent.has(purpose);
    const up = new Lane(server, isOpen, () => 0);
    const down = new Lane(client, isOpen, () => {
      const [least, most] = this.delays[purpose] ?? [0, 0];
      return least + Math.random() * (most - least);
    });
    for (const lane of [up, down]) this.lanes.add(lane);
    const end = () => {
      for (const socket of [client, server]) socket.destroy();
      for (const socket of [client, server]) this.sockets.delete(socket);
      for (const lane of [up, down]) this.lanes.delete(lane);
    };
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.setNoDelay(true).on('error', end).on('close', end);
    }
    client.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      if (/\r\nsubscribe\r\n|LISTEN "/i.test(text)) purpose = 'feed';
      if (this.forbidden.has(purpose)) return end();
      this.commands += text.match(/(^|\r\n)\*\d+\r\n\$/g)?.length ?? 0;
      up.take(chunk);
    });
    server.on('data', (chunk: Buffer) => down.take(chunk));
  }
}
