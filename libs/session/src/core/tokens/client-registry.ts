import { createHash, timingSafeEqual } from 'node:crypto';
import type { JWK } from 'jose';
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

  /** Whether there is a client of this id. */
  isRegistered(id: string): boolean {
    return this.clients.has(id);
  }

  /** Whether a client is registered as one whose tokens are always bound to a key (RFC 9449 §5.2). */
  isDpopBound(id: string): boolean {
    return this.clients.get(id)?.dpopBound === true;
  }

  /** Whether a client is registered as one that may end the sessions of any user. */
  mayRevokeUsers(id: string): boolean {
    return this.clients.get(id)?.mayRevokeUsers === true;
  }

  /** The keys that a client signs its assertions with, when it authenticates by them. */
  keysOf(id: string): readonly JWK[] | undefined {
    return this.clients.get(id)?.keys;
  }

  /**
   * Authenticates a client: a confidential one by its secret, a public one by its bare id.
   * @throws InvalidClientError also for one that has keys: it has to sign
   */
  identify(presented: PresentedClient): KnownClient {
    const { id, secret } = presented;
    const client = this.clients.get(id) ?? (this.clients.size === 0 ? { id } : undefined);
    if (!client || client.keys || !sameSecret(client.secret, secret)) throw new InvalidClientError();
    return known(client);
  }

  /** A client that has proven who it is. @throws InvalidClientError when it is not registered */
  known(id: string): KnownClient {
    const client = this.clients.get(id);
    if (!client) throw new InvalidClientError();
    return known(client);
  }
}

function known({ id, secret, keys, scopes }: OAuthClient): KnownClient {
  return {
    id,
    confidential: secret !== undefined || keys !== undefined,
    ...(scopes?.length ? { scope: scopes.join(' ') } : {}),
  };
}

/** Compared as digests: constant time, whatever the lengths. */
function sameSecret(expected: string | undefined, given: string | undefined): boolean {
  if (expected === undefined || given === undefined) return expected === given;
  return timingSafeEqual(digest(expected), digest(given));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
