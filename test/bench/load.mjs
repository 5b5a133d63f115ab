import { Child } from './child.mjs';

/** Connections at the same time, each with a session of its own, unless more or fewer are asked for. */
export const CONNECTIONS = 50;

/** The load generator, as a process of its own. */
export class Load {
  /**
   * @param {import('./cores.mjs').Cores} cores
   * @param {number} connections
   */
  constructor(cores, connections = CONNECTIONS) {
    this.connections = connections;
    this.child = new Child('load-generator.mjs', [], { cores, place: 'others' });
  }

  /**
   * Keeps so many connections busy for so many seconds, each with the next of the requests, again and again; or, given `perSecond`, asks
   * that often.
   * @returns {Promise<{ requests: number, seconds: number, cpu: number, p50: number, p99: number }>} its own CPU time in microseconds, latencies
   *   in milliseconds
   */
  async run({ url, requests }, { seconds, expected, connections = this.connections, perSecond }) {
    const { port } = new URL(url);
    const order = { port: Number(port), requests: requests.map(bytesOf), expected, seconds, connections, perSecond };
    return this.child.ask(order);
  }

  close() {
    return this.child.close();
  }
}

function bytesOf({ method, path, headers, body = '' }) {
  const all = { Host: 'bench.example', 'User-Agent': 'bench', Accept: 'application/json', ...headers };
  if (body !== '') Object.assign(all, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
