import type { ClientClock } from './client-clock.js';

/**
 * Why this client is logged out.
 *
 * - `logout`: `logout()` was called, and the server has ended the session.
 * - `refused`: the server said so: `invalid_grant` at a refresh, or a token refused that it had just issued; with a cookie 401
 *   for the session.
 * - `elsewhere`: another tab logged out or logged in anew, or the storage was cleared.
 * - `forgotten`: `forget()` was called. The one case in which the server has not said so.
 */
export type LoggedOutReason = 'logout' | 'refused' | 'elsewhere' | 'forgotten';

export type LoggedOutListener = (reason: LoggedOutReason) => void;

/** Who wants to know that the person is logged out. */
export class LoggedOutListeners {
  private readonly listeners = new Set<LoggedOutListener>();

  constructor(private readonly clock: ClientClock) {}

  /** @returns what takes the listener away again */
  add(listener: LoggedOutListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** One that throws harms neither the others nor the request under way: its error is thrown later, where the platform reports it. */
  tell(reason: LoggedOutReason): void {
    for (const listener of this.listeners) {
      try {
        listener(reason);
      } catch (error) {
        this.clock.after(0, () => {
          throw error;
        });
      }
    }
  }
}
