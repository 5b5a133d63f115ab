import { isIP } from 'node:net';
import type { EnvironmentReader } from './environment-reader.js';

/** Where and how the application listens. */
export interface HttpConfig {
  /** The application behaves the same on both. */
  readonly adapter: 'express' | 'fastify';
  readonly host: string;
  readonly port: number;
  /** Where browsers and clients reach the application. */
  readonly publicUrl: string;
  /** Which proxies may say who the client is: how many stand in front, or their addresses; `false`: none. */
  readonly trustProxy: false | number | readonly string[];
  /** Whether `/docs` describes the routes to everybody. */
  readonly docs: boolean;
  /** Whose pages may call the application beside our own, cookies included. */
  readonly corsOrigins: readonly string[];
}

// Loopback only: reachable as http://localhost and http://127.0.0.1, and by nobody else until HOST says so.
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 3000;
const NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];

/** Reads `HTTP_ADAPTER`, `HOST`, `PORT`, `PUBLIC_URL`, `TRUST_PROXY`, `DOCS` and `CORS_ORIGINS`. */
export function readHttp(reader: EnvironmentReader, production: boolean): HttpConfig {
  const port = reader.wholeNumber('PORT', 0, 65_535) ?? DEFAULT_PORT;
  return {
    adapter: reader.choice('HTTP_ADAPTER', ['express', 'fastify']) ?? 'express',
    host: reader.text('HOST') ?? DEFAULT_HOST,
    port,
    publicUrl: reader.text('PUBLIC_URL') ?? defaultUrl(reader, production, port),
    trustProxy: readTrustProxy(reader),
    docs: (reader.choice('DOCS', ['on', 'off']) ?? (production ? 'off' : 'on')) === 'on',
    corsOrigins: reader.list('CORS_ORIGINS'),
  };
}

function defaultUrl(reader: EnvironmentReader, production: boolean, port: number): string {
  if (!production) return `http://localhost:${port}`;
  reader.fault('PUBLIC_URL', 'is not set: write the address that people use, https://app.example.');
  return 'https://app.example'; // never used: one fault about the address is enough
}

function readTrustProxy(reader: EnvironmentReader): HttpConfig['trustProxy'] {
  const text = reader.text('TRUST_PROXY')?.toLowerCase();
  if (text === undefined || text === 'false' || text === 'off' || text === '0') return false;
  // "true" must not mean "believe everyone": then any client could choose the address that its attempts are counted under.
  if (text === 'true' || text === 'on') return 1;
  if (/^\d+$/.test(text)) return Number(text);
  const proxies = reader.list('TRUST_PROXY');
  const unknown = proxies.filter((proxy) => !isNetwork(proxy));
  if (unknown.length > 0) {
    const cure = `write the number of proxies in front, or their addresses (10.0.0.0/8, ${NETWORKS.join(', ')})`;
    reader.fault('TRUST_PROXY', `"${unknown.join(', ')}" is not understood: ${cure}.`);
  }
  return proxies;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const length = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (length < 0) return NETWORKS.includes(text);
  return rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= length));
}
