import { ConflictError, InvalidSessionError, SessionError } from './errors.js';
import type { IssuedSession } from './issued-session.js';
import type { CallerTransaction } from './ports/session-store.js';

/** The steps of a {@link PasswordEnding}. */
export interface PasswordEndingSteps {
  /** Makes the ending part of a transaction; absent where the store cannot join one. */
  readonly join: ((transaction: CallerTransaction) => Promise<{ readonly conflict: boolean }>) | undefined;
  /** Tells the audit trail that the password was changed. */
  readonly changed: () => void;
  /** Ends the others and renews the session that made the change; `undefined` when that one had ended meanwhile. */
  readonly endOthers: () => Promise<IssuedSession | undefined>;
  /** Ends every session of the user: what remains to be done when the one to be renewed keeps moving. */
  readonly endAll: () => Promise<unknown>;
}

/**
 * What a change of password ends (P2): every other session of the user and every login under way; the session that made the change
 * gets a new secret. Prepared before the change, part of its transaction where the store can join one, and completed after it.
 */
export class PasswordEnding {
  private isTold = false;

  constructor(private readonly steps: PasswordEndingSteps) {}

  /**
   * Makes the ending part of the caller's transaction. Without effect where the store cannot join one: then `complete` does it all.
   * @throws ConflictError when the session has changed since this was prepared: roll back, and prepare anew
   * @throws StoreUnavailableError
   */
  async within(transaction: CallerTransaction): Promise<void> {
    if ((await this.steps.join?.(transaction))?.conflict) throw new ConflictError();
  }

  /**
   * To be called when the new password is committed. Whatever happens to the session meanwhile, the others are ended when this
   * returns or throws a {@link SessionError} other than {@link StoreUnavailableError}.
   * @throws InvalidSessionError when the session that made the change ended meanwhile
   * @throws StoreUnavailableError
   */
  async complete(): Promise<IssuedSession> {
    if (!this.isTold) this.steps.changed(); // it is, also when what follows fails and is called again
    this.isTold = true;
    try {
      const issued = await this.steps.endOthers();
      if (!issued) throw new InvalidSessionError();
      return issued;
    } catch (error) {
      if (error instanceof SessionError && error.code !== 'store_unavailable') await this.steps.endAll();
      throw error;
    }
  }
}
