import type { JWK } from 'jose';
import type { Introspection } from '../tokens/introspection.js';

/** A public key as it is published (RFC 7517). */
export type PublishedKey = JWK;

/** Who issues the tokens that a service verifies: the application that has the sessions. */
export abstract class Issuer {
  /** Its published keys. @throws StoreUnavailableError when it cannot be asked */
  abstract keySet(): Promise<readonly PublishedKey[]>;

  /** What it says of a token now (RFC 7662). @throws StoreUnavailableError when it cannot be asked */
  abstract introspect(token: string): Promise<Introspection>;
}
