import type { HttpConfig } from '../config/http-config.js';

/** Tells by address, and by how many proxies are already behind it, whether a peer is to be believed. */
type Trust = (address: string, hop: number) => boolean;

/**
 * Which peers may name the client, in a form that both adapters understand alike. A number of proxies holds only where nobody
 * can reach the application past them; Fastify takes it in this form alone.
 */
export function trustOf(trustProxy: HttpConfig['trustProxy']): false | string[] | Trust {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  return trustProxy && [...trustProxy];
}
