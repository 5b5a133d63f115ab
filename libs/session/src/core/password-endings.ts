import type { CredentialIssuer } from './credential-issuer.js';
import type { IssuedSession } from './issued-session.js';
import { InvalidSessionError } from './errors.js';
import type { EndedSessions } from './ended-sessions.js';
import { refuseImpersonated } from './impersonation/refuse-impersonated.js';
import { PasswordEnding } from './password-ending.js';
import type { SessionEventListener } from './events.js';
import { toldOf, type Origin } from './origin.js';
import type { Clock } from './ports/clock.js';
import type { SessionStore, Subject } from './ports/session-store.js';
import type { EndReason } from './record/session-record.js';
import type { Session } from './session.js';
import type { OthersEnded, Proven, SessionRenewer } from './session-renewer.js';

const REASON = 'password_changed';

/** Prepares what changes of passwords end. */
export class PasswordEndings {
  constructor(
    private readonly store: SessionStore,
    private readonly renewer: SessionRenewer,
    private readonly issuer: CredentialIssuer,
    private readonly ended: EndedSessions,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
    private readonly endAll: (userId: string, reason: EndReason, origin?: Origin) => Promise<unknown>,
  ) {}

  /**
   * Moves the fence, which tells of a store that is away before anything has changed, and computes the renewal of this session.
   * @throws InvalidSessionError when the session has ended
   * @throws StoreUnavailableError
   */
  async prepare(session: Session, subject: Subject, proven: Proven, origin?: Origin): Promise<PasswordEnding> {
    const { store, renewer, ended } = this;
    refuseImpersonated(session);
    await store.moveFence(subject);
    const attempt = await renewer.prepareToEndOthers(session, subject, REASON, proven);
    const endOthers = () => renewer.endOthers(session, subject, REASON, proven, attempt);
    return new PasswordEnding({
      join: store.joinsTransactions
        ? async (transaction) => ({ conflict: (await attempt(transaction)) === 'conflict' })
        : undefined,
      changed: () => this.tellChanged(session, origin),
      endOthers: async () => this.settle(await ended.during(subject.userId, origin, endOthers), origin),
      endAll: () => this.endAll(session.userId, REASON, origin),
    });
  }

  /**
   * The same for a password that has been changed already: all sessions are ended when this one has ended before.
   * @throws InvalidSessionError, StoreUnavailableError
   */
  async changed(session: Session, subject: Subject, proven: Proven, origin?: Origin): Promise<IssuedSession> {
    let ending: PasswordEnding;
    try {
      ending = await this.prepare(session, subject, proven, origin);
    } catch (error) {
      if (error instanceof InvalidSessionError) {
        this.tellChanged(session, origin);
        await this.endAll(session.userId, REASON, origin);
      }
      throw error;
    }
    return ending.complete();
  }

  private tellChanged({ id: sessionId, userId }: Pick<Session, 'id' | 'userId'>, origin?: Origin): void {
    const about = { sessionId, userId };
    this.emit({ type: 'password.changed', at: this.clock.now(), ...about, ...toldOf(origin, about) });
  }

  private async settle({ ended, renewed }: OthersEnded, origin: Origin | undefined): Promise<IssuedSession | undefined> {
    this.ended.report(ended, REASON, origin);
    if (!renewed) return undefined;
    const { record, content } = renewed;
    const about = { sessionId: record.id, userId: record.userId };
    this.emit({ type: 'session.renewed', cause: REASON, at: record.authenticatedAt, ...about, ...toldOf(origin, about) });
    return this.issuer.issue(record, content, record.authenticatedAt);
  }
}
