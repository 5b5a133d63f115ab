import { SessionNotFoundError } from './errors.js';
import type { EndedSessions } from './ended-sessions.js';
import type { SessionEventListener } from './events.js';
import { toldOf, type Origin } from './origin.js';
import type { Clock } from './ports/clock.js';
import type { SessionStore } from './ports/session-store.js';
import { isSessionId } from './record/session-id.js';
import type { EndReason } from './record/session-record.js';
import type { RecordCopies } from './revocation/record-copies.js';
import type { SessionReader } from './session-reader.js';

/** Ends sessions one by one, or all there are. */
export class SessionEndings {
  constructor(
    private readonly store: SessionStore,
    private readonly reader: SessionReader,
    private readonly copies: RecordCopies,
    private readonly ended: EndedSessions,
    private readonly clock: Clock,
    private readonly operation: () => string,
    private readonly emit: SessionEventListener,
  ) {}

  /** Ends one session. @throws StoreUnavailableError */
  async end(sessionId: string, reason: EndReason, origin?: Origin): Promise<boolean> {
    if (!isSessionId(sessionId)) return false;
    const { store, operation, clock, copies, ended } = this;
    // Also where the answer is lost: it may well have ended.
    const found = await ended.during(sessionId, origin, () =>
      store.revoke(operation(), sessionId, reason, clock.now()).finally(() => copies.evict(sessionId)),
    );
    if (found) ended.report([found], reason, origin);
    return found !== undefined;
  }

  /** Ends one session of a user. @throws SessionNotFoundError, StoreUnavailableError */
  async endOwn(userId: string, sessionId: string, reason: EndReason, origin?: Origin): Promise<void> {
    const reading = isSessionId(sessionId) ? await this.reader.byId(sessionId, this.clock.now()) : undefined;
    const owner = reading && 'record' in reading ? reading.record.userId : undefined;
    if (owner !== undefined && owner !== userId) this.tellForeign(userId, sessionId, origin);
    if (owner !== userId || !(await this.end(sessionId, reason, origin))) throw new SessionNotFoundError();
  }

  /** Ends every session of every user; answers how many. @throws StoreUnavailableError */
  async endEveryone(origin?: Origin): Promise<number> {
    const count = await this.store.revokeEveryone('everyone').finally(() => this.copies.clear());
    this.emit({ type: 'everyone.ended', at: this.clock.now(), count, ...toldOf(origin, {}) });
    return count;
  }

  private tellForeign(userId: string, sessionId: string, { address = '', actorSessionId = '' }: Partial<Origin> = {}): void {
    const refused = { type: 'access.refused', cause: 'foreign', resource: `session ${sessionId}` } as const;
    this.emit({ ...refused, at: this.clock.now(), userId, sessionId: actorSessionId, address });
  }
}
