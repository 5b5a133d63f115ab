/** Every code an error of this client can carry: stable, for `switch`. */
export type SessionClientErrorCode = 'unavailable' | 'refused' | 'unexpected_answer' | 'invalid_options';

/** Base of every error that this client throws on purpose. None of them carries a token, a password or a body. */
export abstract class SessionClientError extends Error {
  abstract readonly code: SessionClientErrorCode;
  override get name(): string {
    return this.constructor.name;
  }
}

/**
 * Nobody knows: the server was not reached, is busy or in trouble (5xx, 429), or the token storage failed. The login is as it was.
 * Try again, after `retryAfter` seconds where the server named them. `cause` is what fetch or the storage threw.
 */
export class UnavailableError extends SessionClientError {
  readonly code = 'unavailable';
  constructor(
    message: string,
    /** Seconds, as the server asked in `Retry-After`. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The server refused what a person sent: a wrong password, too many attempts, too many sessions. */
export class RefusedError extends SessionClientError {
  readonly code = 'refused';
  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** The server's own stable code, such as `invalid_credentials`, `too_many_attempts` or `session_limit`. */
    readonly reason: string,
    /** Seconds, as the server asked in `Retry-After`. */
    readonly retryAfter?: number,
  ) {
    super(`The server answered ${status} (${reason}): see its code in the field "reason".`);
  }
}

/** The server answered what this client cannot use. The login is as it was; trying again does not help. */
export class UnexpectedAnswerError extends SessionClientError {
  readonly code = 'unexpected_answer';
  constructor(
    message: string,
    /** The HTTP status; 0 where a browser hides a redirect. */
    readonly status: number,
  ) {
    super(message);
  }
}

/** An option is wrong; thrown when the client is made. */
export class InvalidOptionsError extends SessionClientError {
  readonly code = 'invalid_options';
}
