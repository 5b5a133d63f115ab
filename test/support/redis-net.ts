import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a port of a node, over which the other nodes reach it. */
interface Way {
  readonly from: string;
  readonly to: string;
  readonly ends: readonly Socket[];
}

/**
 * The network between Redis servers of one test. Each node has an address of its own on the loopback net (127.0.0.0/8, as Linux
 * has it), which it calls from, and announces gates in the place of its ports: so a node can be cut off from all others while a
 * client that knows its real port still reaches it. What is cut goes silent; nothing is closed.
 */
export class RedisNet {
  private readonly gates: Server[] = [];
  private readonly ways = new Set<Way>();
  private readonly realPorts = new Map<number, number>();
  private readonly cut = new Set<string>();

  /** Opens a gate to a port of the node with this address; answers the port of the gate. */
  async gate(to: string, port: number): Promise<number> {
    const gate = createServer((caller) => this.join(caller, to, port)).listen(0, '127.0.0.1');
    await once(gate, 'listening');
    this.gates.push(gate);
    const address = gate.address();
    if (address === null || typeof address === 'string') throw new Error('The gate has no port.');
    this.realPorts.set(address.port, port);
    return address.port;
  }

  /** The port behind a gate: for clients, whom no cut concerns. */
  readonly beyond = (address: string) => {
    const port = Number(address.slice(address.lastIndexOf(':') + 1));
    return { host: '127.0.0.1', port: this.realPorts.get(port) ?? port };
  };

  /** Cuts a node off from everything that reaches it, or is reached, through gates. */
  isolate(node: string): void {
    this.cut.add(node);
    for (const way of this.ways) if (!this.isOpen(way)) for (const end of way.ends) end.pause();
  }

  /** Ends the cut of a node. What was on its way then is lost, as its connections are: they are made anew. */
  rejoin(node: string): void {
    for (const way of this.ways) if (!this.isOpen(way)) for (const end of way.ends) end.destroy();
    this.cut.delete(node);
  }

  close(): void {
    for (const gate of this.gates) gate.close();
    for (const { ends } of this.ways) for (const end of ends) end.destroy();
  }

  private isOpen({ from, to }: Way): boolean {
    return from === to || !(this.cut.has(from) || this.cut.has(to));
  }

  private join(caller: Socket, to: string, port: number): void {
    const from = caller.remoteAddress ?? '';
    const node = connect(port, '127.0.0.1');
    const way = { from, to, ends: [caller, node] };
    this.ways.add(way);
    const end = () => {
      for (const socket of way.ends) socket.destroy();
      this.ways.delete(way);
    };
    for (const socket of way.ends) socket.setNoDelay(true).on('error', end).on('close', end);
    caller.on('data', (chunk: Buffer) => node.write(chunk));
    node.on('data', (chunk: Buffer) => caller.write(chunk));
    if (!this.isOpen(way)) for (const socket of way.ends) socket.pause();
  }
}
