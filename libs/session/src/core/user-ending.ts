import type { CallerTransaction, RevokeAllOutcome, SessionStore } from './ports/session-store.js';

/** One call of `revokeAll`: repeated without a transaction it answers what came of it. */
export type EndAll = (transaction?: CallerTransaction) => Promise<RevokeAllOutcome>;

/**
 * The end of all sessions of a user together with a change that the host makes: a password that is reset, an account that is
 * stopped. Part of the host's transaction where the store can join one, and completed after it.
 */
export class UserEnding {
  constructor(
    private readonly store: Pick<SessionStore, 'joinsTransactions'>,
    private readonly endAll: EndAll,
    private readonly settle: (outcome: RevokeAllOutcome) => number,
  ) {}

  /**
   * Makes the ending part of the host's transaction. Without effect where the store cannot join one: then `complete` does it all.
   * @throws StoreUnavailableError
   */
  async within(transaction: CallerTransaction): Promise<void> {
    if (this.store.joinsTransactions) await this.endAll(transaction);
  }

  /**
   * To be called when the change is committed. Answers how many sessions were ended. When it throws, or is never reached, what was
   * made part of the transaction comes about all the same.
   * @throws StoreUnavailableError
   */
  async complete(): Promise<number> {
    return this.settle(await this.endAll());
  }
}
