/** A DPoP proof as a request presents it (RFC 9449 §4.1), not yet verified, and the request that it must be about. */
export interface PresentedProof {
  /** The value of every `DPoP` header, in order: one proof has one. */
  readonly headers: readonly string[];
  readonly method: string;
  /** The request target as it arrived (RFC 9112 §3.2): path and query. */
  readonly target: string;
}

/** A proof that holds, not yet known to be used for the first time. */
export interface VerifiedProof {
  /** RFC 7638 thumbprint of its key, SHA-256, base64url. */
  readonly thumbprint: string;
  readonly jti: string;
  /** What it is about, in its normal form. */
  readonly uri: string;
}

/** A proof that does not hold. */
export interface RefusedProof {
  readonly refused: DpopRefusal;
}

/** Why tokens are not issued, or taken, for lack of a good proof of the key. Its sender learns only that it is so. */
export type DpopRefusal =
  /** There is no proof where one is needed. */
  | 'missing'
  /** More than one (RFC 9449 §4.3, check 1). */
  | 'repeated'
  | 'too_long'
  /** No single JWT, each part in the one spelling of its bytes (check 2). */
  | 'malformed'
  /** `jti`, `htm`, `htu` or `iat` is missing or of another type (check 3). */
  | 'claims'
  /** `typ` is not `dpop+jwt` (check 4). */
  | 'typ'
  /** An algorithm that is not accepted, or that does not fit the key (check 5). */
  | 'alg'
  /** It was not signed by the key that it carries (check 6). */
  | 'signature'
  /** It carries the private key (check 7). */
  | 'private_key'
  /** For another method (check 8). */
  | 'htm'
  /** For another address (check 9). */
  | 'htu'
  /** Without the nonce of this server, or with one of too long ago (check 10): what every client meets now and then. */
  | 'nonce'
  /** Made too long ago, or in the future (check 11). */
  | 'iat'
  /** For another access token, or for none (check 12). */
  | 'ath'
  /** By another key than the one that the tokens are bound to (check 12). */
  | 'key'
  /** Used before (RFC 9449 §11.1). */
  | 'replay'
  /** A token that is bound to a key, presented as a bearer token (RFC 9449 §7.2). */
  | 'bearer'
  /** A token that is bound to no key, under the DPoP scheme or where bound ones are required. */
  | 'unbound';
