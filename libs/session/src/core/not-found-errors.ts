import { SessionError } from './errors.js';

/** Whoever is named is no user of this application. Told only to clients that may end anybody's sessions. */
export class UserNotFoundError extends SessionError {
  readonly code = 'user_not_found';
  constructor(message = 'There is no such user here.') {
    super(message);
  }
}

/** The client has no stream of signals of this name. */
export class StreamNotFoundError extends SessionError {
  readonly code = 'stream_not_found';
  constructor(message = 'There is no such stream for this client.') {
    super(message);
  }
}
