import type { SessionEventListener } from './events.js';
import { toldOf, type Origin } from './origin.js';
import type { Clock } from './ports/clock.js';
import type { RevokeAllOutcome } from './ports/session-store.js';
import type { EndedSession, EndReason } from './record/session-record.js';
import type { RecordCopies } from './revocation/record-copies.js';

/** Makes known in this instance that sessions were ended: no copy of them answers any more, and the audit trail is told. */
export class EndedSessions {
  /** Where the calls came from that are under way, by the session or the user they are about. */
  private readonly underWay = new Map<string, Origin[]>();

  constructor(
    private readonly copies: RecordCopies,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
    /** A store with a journal tells by itself, so that each end is told once whichever instance has carried it out. */
    private readonly storeTells: boolean,
  ) {}

  /**
   * Calls the store; what it tells by itself meanwhile of this session, or of the sessions of this user, is said to come from there.
   * @param about the id of a session or of a user
   */
  async during<T>(about: string, origin: Origin | undefined, call: () => Promise<T>): Promise<T> {
    if (!this.storeTells || !origin) return call();
    this.underWay.set(about, [...(this.underWay.get(about) ?? []), origin]);
    try {
      return await call();
    } finally {
      const left = this.underWay.get(about)?.filter((other) => other !== origin) ?? [];
      if (left.length > 0) this.underWay.set(about, left);
      else this.underWay.delete(about);
    }
  }

  /** To be called once for each session that the store, in an outcome, says it has ended. */
  report(sessions: readonly EndedSession[], reason: EndReason, origin?: Origin): void {
    if (this.storeTells) this.copies.evictEach(sessions.map(({ id }) => id));
    else this.tell(sessions, reason, origin);
  }

  /** To be called once for each outcome; answers how many sessions it ended. */
  settle(outcome: RevokeAllOutcome, reason: EndReason, origin?: Origin): number {
    const ended = outcome.outcome === 'revoked' ? outcome.ended : [];
    this.report(ended, reason, origin);
    return ended.length;
  }

  /** To be called once for each session that was ended. */
  tell(sessions: readonly EndedSession[], reason: EndReason, origin?: Origin): void {
    this.copies.evictEach(sessions.map(({ id }) => id));
    for (const { id: sessionId, userId } of sessions) {
      const from = toldOf(origin ?? this.originOf(sessionId) ?? this.originOf(userId), { userId, sessionId });
      this.emit({ type: 'session.ended', at: this.clock.now(), sessionId, userId, reason, ...from });
    }
  }

  /** Where several calls are under way nobody knows whose doing it was: better no name than a wrong one. */
  private originOf(about: string): Origin | undefined {
    const [origin, ...others] = this.underWay.get(about) ?? [];
    return others.length === 0 ? origin : undefined;
  }
}
