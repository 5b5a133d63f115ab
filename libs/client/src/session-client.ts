import type { Fetch } from './client-options.js';
import type { LoggedOutListener } from './logged-out.js';

/** What a person logs in with. More fields, such as `device`, `remember` or `endOthers`, are sent as they are. */
export interface LoginFields {
  readonly username: string;
  readonly password: string;
  readonly [field: string]: unknown;
}

/** A login that is kept alive: the same with tokens and with a cookie. */
export interface SessionClient {
  /**
   * The platform's `fetch` with the credential of this login. A relative address is resolved against the option `url`. What goes to
   * another origin goes without any credential. Redirects are not followed: the answer is the redirect (`redirect: 'manual'`).
   * @throws UnavailableError when the credential had run out and could not be renewed; what fetch throws, otherwise
   */
  readonly fetch: Fetch;

  /**
   * Logs in. Never repeated by itself: a repeated login is a second session.
   * @throws RefusedError, UnavailableError, UnexpectedAnswerError
   */
  login(fields: LoginFields): Promise<void>;

  /**
   * Proves the password again (for routes that want a recent authentication). The session gets a new secret, which this client keeps.
   * @throws RefusedError, UnavailableError, UnexpectedAnswerError
   */
  reauthenticate(password: string): Promise<void>;

  /**
   * Changes the password. Every other session of the person ends; this one gets a new secret, which this client keeps.
   * @throws RefusedError, UnavailableError, UnexpectedAnswerError
   */
  changePassword(currentPassword: string, newPassword: string): Promise<void>;

  /**
   * Ends the session. Resolves when the server has ended it, and not before: a person who is told that he is out must be out.
   * @throws UnavailableError when the server cannot be asked: the person is still logged in
   */
  logout(): Promise<void>;

  /**
   * Calls when the person is logged out, once per login; never because of a network fault, a 5xx or a 429.
   * @returns what takes the listener away again
   */
  onLoggedOut(listener: LoggedOutListener): () => void;
}
