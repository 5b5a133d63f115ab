import type { EndedSessions } from './ended-sessions.js';
import type { Origin } from './origin.js';
import type { Clock } from './ports/clock.js';
import type { CallerTransaction, RevokeAllOutcome, SessionStore, Spared, Subject } from './ports/session-store.js';
import type { EndReason } from './record/session-record.js';
import type { RecordCopies } from './revocation/record-copies.js';
import { type EndAll, UserEnding } from './user-ending.js';

/** Ends the sessions of users: at once, or together with a change that the host makes. */
export class UserEndings {
  constructor(
    private readonly store: SessionStore,
    private readonly copies: RecordCopies,
    private readonly ended: EndedSessions,
    private readonly clock: Clock,
    private readonly operation: () => string,
  ) {}

  /** Ends them, but the one to be spared; answers how many were ended. @throws StoreUnavailableError */
  async end(
    subject: Subject,
    reason: EndReason,
    {
      spared,
      transaction,
      origin,
    }: { spared?: Spared; transaction?: CallerTransaction | undefined; origin?: Origin | undefined },
  ): Promise<number> {
    const outcome = await this.call(subject, reason, origin, spared)(transaction);
    if (outcome.outcome === 'deferred') this.copies.evictSlot(subject.slot); // whatever comes of it: they are asked for again
    return this.ended.settle(outcome, reason, origin);
  }

  /** Prepares to end all of them. */
  prepare(subject: Subject, reason: EndReason, origin?: Origin): UserEnding {
    const settle = (outcome: RevokeAllOutcome) => this.ended.settle(outcome, reason, origin);
    return new UserEnding(this.store, this.call(subject, reason, origin), settle);
  }

  private call(subject: Subject, reason: EndReason, origin?: Origin, spared?: Spared): EndAll {
    const [operation, now] = [this.operation(), this.clock.now()];
    const { userId, slot } = subject;
    return (transaction) =>
      this.ended.during(userId, origin, () =>
        this.copies.unlessKnown(slot, () => this.store.revokeAll(operation, subject, reason, now, spared, transaction)),
      );
  }
}
