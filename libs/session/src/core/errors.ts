/** Every code an error of this library can carry: stable, for `switch`. */
export type SessionErrorCode =
  | 'not_authenticated'
  | 'invalid_session'
  | 'session_evicted'
  | 'invalid_token'
  | 'invalid_request'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_client'
  | 'unsupported_grant_type'
  | 'invalid_credentials'
  | 'invalid_input'
  | 'too_many_attempts'
  | 'session_limit'
  | 'fenced'
  | 'session_not_found'
  | 'user_not_found'
  | 'stream_not_found'
  | 'csrf_refused'
  | 'origin_refused'
  | 'insufficient_user_authentication'
  | 'forbidden'
  | 'impersonation_forbidden'
  | 'insufficient_scope'
  | 'conflict'
  | 'data_too_large'
  | 'transaction_not_supported'
  | 'signing_key'
  | 'store_unavailable'
  | 'busy'
  | 'invalid_options';

/** Base of every error this library throws on purpose. Knows nothing of HTTP: the face maps `code` to a status. */
export abstract class SessionError extends Error {
  abstract readonly code: SessionErrorCode;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The request carries no credential that this route accepts. */
export class NotAuthenticatedError extends SessionError {
  readonly code = 'not_authenticated';
  constructor(message = 'This route needs a signed-in session: log in, or send an access token.') {
    super(message);
  }
}

/** The session credential (cookie) is malformed, forged, replaced, or its session has ended. */
export class InvalidSessionError extends SessionError {
  readonly code = 'invalid_session';
  constructor(message = 'The session is not valid any more: log in again.') {
    super(message);
  }
}

/** The session was ended because the same user logged in on more devices than are allowed (ASVS 7.1.2): told to the device that had it. */
export class SessionEvictedError extends SessionError {
  readonly code = 'session_evicted';
  constructor(message = 'This session was ended since the account was used on too many other devices: log in again.') {
    super(message);
  }
}

/** The access token is malformed, forged, expired, replaced, or its session has ended (RFC 6750 §3.1 `invalid_token`). */
export class InvalidTokenError extends SessionError {
  readonly code = 'invalid_token';
  constructor(message = 'The access token is not valid: refresh it, or log in again.') {
    super(message);
  }
}

/** The refresh token cannot be used (RFC 6749 §5.2 `invalid_grant`): one answer for every cause; the audit trail tells them apart. */
export class InvalidGrantError extends SessionError {
  readonly code = 'invalid_grant';
  constructor(message = 'The refresh token is not valid: log in again.') {
    super(message);
  }
}

/** The requested scope exceeds what the session was granted (RFC 6749 §5.2 `invalid_scope`). */
export class InvalidScopeError extends SessionError {
  readonly code = 'invalid_scope';
  constructor(message = 'The requested scope exceeds the scope that was granted: ask for a part of it.') {
    super(message);
  }
}

/** Client authentication failed or the client is not known (RFC 6749 §5.2 `invalid_client`). */
export class InvalidClientError extends SessionError {
  readonly code = 'invalid_client';
  constructor(message = 'The client is not known or did not authenticate: check the client id and secret.') {
    super(message);
  }
}

/** The token endpoint does not know this grant (RFC 6749 §5.2 `unsupported_grant_type`). */
export class UnsupportedGrantTypeError extends SessionError {
  readonly code = 'unsupported_grant_type';
  constructor(message = 'This grant type is not offered: use refresh_token.') {
    super(message);
  }
}

/** Unknown user, wrong password, stopped account: one answer for all (ASVS 6.3.8). */
export class InvalidCredentialsError extends SessionError {
  readonly code = 'invalid_credentials';
  constructor(message = 'The name or the password is wrong.') {
    super(message);
  }
}

/** A field of the request is missing, repeated, too long or of the wrong type. `field` names it. */
export class InvalidInputError extends SessionError {
  readonly code = 'invalid_input';
  constructor(
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

/**
 * Too many attempts for this account or from this address (ASVS 6.3.1). `retryAfter` is in seconds. One text for a delay and for
 * the stop that only a reset lifts, known name or not.
 */
export class TooManyAttemptsError extends SessionError {
  readonly code = 'too_many_attempts';
  constructor(
    readonly retryAfter: number,
    /** Which limit was reached: for the audit trail, never for the answer. */
    readonly limit: 'account' | 'address' | 'block' | 'stop' = 'account',
  ) {
    super(`Too many attempts: try again in ${retryAfter} s. If that does not help, have the password reset.`);
  }
}

/** The user already has as many sessions as are allowed, and the policy is to refuse (ASVS 7.1.2). */
export class SessionLimitError extends SessionError {
  readonly code = 'session_limit';
  constructor(message = 'Too many sessions: end another one, or log in with endOthers.') {
    super(message);
  }
}

/**
 * The password was changed, or all sessions were ended, after this proof of the password was read (P2). Check the password again:
 * `PasswordCheck.withProof` does so once.
 */
export class FencedError extends SessionError {
  readonly code = 'fenced';
  constructor(message = 'The account changed while you were logging in: log in again.') {
    super(message);
  }
}

/** No live session of this user has that id. Foreign, unknown and dead ids are not told apart. */
export class SessionNotFoundError extends SessionError {
  readonly code = 'session_not_found';
  constructor(message = 'There is no such session.') {
    super(message);
  }
}

/** An unsafe request with a cookie lacks the CSRF token of its session (ASVS 3.5.1). */
export class CsrfError extends SessionError {
  readonly code = 'csrf_refused';
  constructor(
    message = 'The CSRF token is missing or not of this session: send the one from GET /auth/session as X-CSRF-Token.',
  ) {
    super(message);
  }
}

/** An unsafe request comes from a foreign site (ASVS 3.5.1, Fetch Metadata). */
export class OriginError extends SessionError {
  readonly code = 'origin_refused';
  constructor(message = 'The request comes from a foreign origin: add it to trustedOrigins if it is yours.') {
    super(message);
  }
}

/** Other writers changed the session's data at the same time, again and again. Safe to retry. */
export class ConflictError extends SessionError {
  readonly code = 'conflict';
  constructor(message = 'The session was changed by others at the same time: try again.', options?: { cause?: unknown }) {
    super(message, options);
  }
}

/** The application data of a session exceeds its cap. `limit` is in bytes. */
export class DataTooLargeError extends SessionError {
  readonly code = 'data_too_large';
  constructor(readonly limit: number) {
    super(`The session data exceeds ${limit} bytes: keep a reference here and the data elsewhere.`);
  }
}

/** Sessions cannot be ended in a transaction of the host: they do not lie in its database. A fault of the caller's, not of a request. */
export class TransactionNotSupportedError extends SessionError {
  readonly code = 'transaction_not_supported';
  constructor(
    message = 'This session store cannot join a transaction: call it after the commit, or keep the sessions or their journal in SQL.',
  ) {
    super(message);
  }
}

/** The store cannot be asked right now. Nothing is known of the credential: never answer 401. `retryAfter` is in seconds. */
export class StoreUnavailableError extends SessionError {
  readonly code = 'store_unavailable';
  readonly retryAfter: number;
  constructor(options?: { cause?: unknown; retryAfter?: number }) {
    super('The session store is not available: try again shortly.', { cause: options?.cause });
    this.retryAfter = options?.retryAfter ?? 1;
  }
}

/** More work of an expensive kind (password hashing) is under way than is allowed. `retryAfter` is in seconds. */
export class BusyError extends SessionError {
  readonly code = 'busy';
  constructor(readonly retryAfter = 1) {
    super(`The service is busy: try again in ${retryAfter} s.`);
  }
}

/** The options are wrong. `faults` lists every one of them, so that one start shows all. */
export class InvalidOptionsError extends SessionError {
  readonly code = 'invalid_options';
  constructor(readonly faults: readonly string[]) {
    super(`The session options have ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n- ${faults.join('\n- ')}`);
  }
}

/** A signing key cannot be used, rotated or retired as it was asked for. The message names the cure. */
export class SigningKeyError extends SessionError {
  readonly code = 'signing_key';
}
