import type { ClientContext } from './client-context.js';
import type { CredentialKind, SessionEventListener } from './events.js';
import type { Clock } from './ports/clock.js';
import type { SessionStore } from './ports/session-store.js';
import type { EndReason, SessionRecord } from './record/session-record.js';
import { whyEnded } from './revocation/why-ended.js';
import type { Refused } from './session-reader.js';

/** Tells the audit trail of what is refused: each presentation once, with the cause that its holder does not learn. */
export class Refusals {
  constructor(
    private readonly store: SessionStore,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
  ) {}

  /** A credential for a session. Answers why that was ended, where the store remembers. */
  async ofSession(
    sessionId: string,
    { refused, userId, actor }: Refused,
    { address }: ClientContext,
  ): Promise<EndReason | undefined> {
    const ended = refused === 'gone' ? await whyEnded(this.store, sessionId) : undefined;
    const about = { sessionId, ...(userId === undefined ? {} : { userId }), cause: refused, ...(ended ? { ended } : {}) };
    const by = actor ? { actorId: actor.userId, actorSessionId: actor.sessionId } : {};
    this.emit({ type: 'session.refused', at: this.clock.now(), ...about, ...by, address });
    return ended;
  }

  /** What is no credential of ours. Answers the error. */
  ofText<E extends Error>(kind: CredentialKind, { address }: ClientContext, error: E): E {
    this.emit({ type: 'credential.refused', at: this.clock.now(), kind, address });
    return error;
  }

  /** A good credential whose client has changed and must prove the password again. Answers the error. */
  ofChangedClient<E extends Error>({ id: sessionId, userId }: SessionRecord, { address }: ClientContext, error: E): E {
    this.emit({ type: 'access.refused', cause: 'recency', at: this.clock.now(), sessionId, userId, address });
    return error;
  }
}
