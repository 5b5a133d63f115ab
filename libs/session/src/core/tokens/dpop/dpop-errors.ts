import { SessionError } from '../../errors.js';

/** The DPoP proof is missing, repeated, broken, for something else, or was used before (RFC 9449 §5 `invalid_dpop_proof`). */
export class InvalidDpopProofError extends SessionError {
  readonly code = 'invalid_dpop_proof';
  constructor(message = 'The DPoP proof is missing or not valid: send a new one with each request, made for it.') {
    super(message);
  }
}

/** The proof lacks the nonce of this server, or has an older one (RFC 9449 §8). `nonce` is the one to use. */
export class UseDpopNonceError extends SessionError {
  readonly code = 'use_dpop_nonce';
  constructor(readonly nonce: string) {
    super('The DPoP proof needs a nonce: make a new one with that of the header DPoP-Nonce.');
  }
}

/** A request carries more than one access token (RFC 6750 §3.1 `invalid_request`, RFC 9449 §7.2). */
export class RepeatedTokenError extends SessionError {
  readonly code = 'invalid_request';
  constructor(message = 'The request carries more than one access token: send one, as Bearer or as DPoP.') {
    super(message);
  }
}
