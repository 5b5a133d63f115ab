import { createHash, timingSafeEqual } from 'node:crypto';
import { InvalidClientError } from '../errors.js';
import type { OAuthClient } from '../options/session-options.js';

/** Stands for the application itself where a session names no client (RFC 9068 demands a `client_id` in every access token). */
export const DEFAULT_CLIENT_ID = 'first-party';

/** What a request says of the client that sends it (RFC 6749 §2.3). */
export interface PresentedClient {
  readonly id: string;
  readonly secret?: string | undefined;
}

/** A client that is who it says, as far as it can prove that. */
export interface KnownClient {
  readonly id: string;
  readonly confidential: boolean;
  readonly scope?: string;
}

/** The clients of the application. Without any registered, every id is a public client's, and only a name. */
export class ClientRegistry {
  private readonly clients: ReadonlyMap<string, OAuthClient>;

  constructor(clients: readonly OAuthClient[]) {
    this.clients = new Map(clients.map((client) => [client.id, client]));
  }

  /**
   * Authenticates a client: a confidential one by its secret, a public one by its bare id.
   * @throws InvalidClientError
   */
  identify(presented: PresentedClient): KnownClient {
    const { id, secret } = presented;
    const client = this.clients.get(id) ?? (this.clients.size === 0 ? { id } : undefined);
    if (!client || !sameSecret(client.secret, secret)) throw new InvalidClientError();
    return {
      id,
      confidential: client.secret !== undefined,
      ...(client.scopes?.length ? { scope: client.scopes.join(' ') } : {}),
    };
  }
}

/** Compared as digests: constant time, whatever the lengths. */
function sameSecret(expected: string | undefined, given: string | undefined): boolean {
  if (expected === undefined || given === undefined) return expected === given;
  return timingSafeEqual(digest(expected), digest(given));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
