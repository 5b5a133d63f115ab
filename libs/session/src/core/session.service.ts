import type { ClientContext } from './client-context.js';
import { FencedError, InvalidSessionError, SessionError, SessionLimitError, SessionNotFoundError } from './errors.js';
import type { IssuedSession } from './issued-session.js';
import type { Principal } from './ports/accounts.js';
import type { Fence, Spared, Subject } from './ports/session-store.js';
import type { SessionData } from './record/sealer.js';
import { isSessionId } from './record/session-id.js';
import type { EndedSession, EndReason } from './record/session-record.js';
import { Session } from './session.js';
import type { OpenRequest } from './session-opener.js';
import { boundOf, type Revocation } from './revocation/freshness.js';
import type { RevocationLag } from './revocation/change-feed.js';
import type { SessionServiceParts } from './session-service-parts.js';
import { BY_PASSWORD, type Proven } from './session-renewer.js';
import type { IssuedAccessToken } from './tokens/access-tokens.js';

/**
 * Everything an application does with sessions. Each method throws {@link StoreUnavailableError} when the store cannot be asked,
 * and then nothing is known of the session: it is never a reason to answer 401.
 */
export class SessionService {
  constructor(private readonly parts: SessionServiceParts) {}

  /**
   * The user's fence. Read it before the password (or whatever stands for it) is checked, and pass it to {@link open}: what
   * `revokeAll` ended in between is then not opened (P2).
   */
  fence(userId: string): Promise<Fence> {
    return this.parts.store.fence(this.subject(userId));
  }

  /**
   * Moves the user's fence: logins and re-authentications under way start again. Call it before a change of password is committed
   * (design §7): when the store is away, nothing has changed yet.
   */
  moveFence(userId: string): Promise<void> {
    return this.parts.store.moveFence(this.subject(userId));
  }

  /**
   * Opens a session for a user whose identity was just proven.
   * @throws FencedError when all sessions were ended since the fence was read
   * @throws SessionLimitError under the `refuse` policy
   */
  async open(request: OpenRequest): Promise<IssuedSession> {
    const { record, content, outcome } = await this.parts.opener.open(request);
    if (outcome.outcome === 'fenced') throw new FencedError();
    if (outcome.outcome === 'limitReached') throw new SessionLimitError();
    for (const ended of outcome.evicted) this.audit(ended, 'evicted');
    this.parts.emit({
      type: 'session.opened',
      at: record.createdAt,
      sessionId: record.id,
      userId: record.userId,
      channel: record.channel,
      address: content.device.address,
      device: content.device.label,
    });
    return this.parts.issuer.issue(record, content, record.createdAt);
  }

  /** The session of a cookie's value, from a copy only where `revocation` allows one. @throws InvalidSessionError */
  authenticateCookie(value: string, client: ClientContext, revocation: Revocation = 'strict'): Promise<Session> {
    return this.parts.authenticator.cookie(value, client, boundOf(revocation));
  }

  /** The session of an access token, from a copy only where `revocation` allows one. @throws InvalidTokenError */
  authenticateToken(token: string, client: ClientContext, revocation: Revocation = 'strict'): Promise<Session> {
    return this.parts.authenticator.accessToken(token, client, boundOf(revocation));
  }

  /**
   * Gives a session a new secret after the person proved again who they are; every older credential of it is dead. From then on
   * the session claims what was `proven` now, and no more.
   * @throws FencedError, InvalidSessionError, ConflictError
   */
  async reauthenticate(session: Session, fence: Fence, proven: Proven = BY_PASSWORD): Promise<IssuedSession> {
    const { record, content } = await this.parts.renewer.renew(session, fence, proven);
    this.parts.emit({
      type: 'session.renewed',
      at: record.authenticatedAt,
      sessionId: record.id,
      userId: record.userId,
      cause: 'reauthenticated',
    });
    return this.parts.issuer.issue(record, content, record.authenticatedAt);
  }

  /**
   * After a password change: ends every other session of the user and every login under way, and gives this one a new secret in
   * the same step (P2). Whatever happens to this session meanwhile, the others are ended when this returns or throws a
   * {@link SessionError} other than {@link StoreUnavailableError}.
   * @throws InvalidSessionError when this session ended meanwhile
   */
  async passwordChanged(session: Session, proven: Proven = BY_PASSWORD): Promise<IssuedSession> {
    const subject = this.subject(session.userId);
    try {
      const { ended, renewed } = await this.parts.renewer.renewAndEndOthers(session, subject, 'password_changed', proven);
      for (const other of ended) this.audit(other, 'password_changed');
      if (!renewed) throw new InvalidSessionError();
      const { record, content } = renewed;
      const about = { at: record.authenticatedAt, sessionId: record.id, userId: record.userId };
      this.parts.emit({ type: 'session.renewed', cause: 'password_changed', ...about });
      return await this.parts.issuer.issue(record, content, record.authenticatedAt);
    } catch (error) {
      if (error instanceof SessionError && error.code !== 'store_unavailable')
        await this.revokeAll(session.userId, 'password_changed');
      throw error;
    }
  }

  /**
   * An access token for a session, for instance for the scripts of a page that holds the cookie. It dies with the session, and is
   * worth no more than the credential that was presented: its scopes, and its generation (a newer one would count as use of a
   * refresh token whose answer may be lost, and end the predecessor that the client still holds).
   */
  accessToken(session: Session): Promise<IssuedAccessToken> {
    const { record, generation, scope } = session;
    return this.parts.accessTokens.issue(record, generation, this.parts.clock.now(), scope.join(' '));
  }

  /** A CSRF token of this session. */
  csrfToken(session: Session): string {
    return this.parts.csrfTokens.issue(session);
  }

  /** Whether a CSRF token is this session's. */
  holdsCsrfToken(session: Session, token: string): boolean {
    return this.parts.csrfTokens.holds(session, token);
  }

  /** Ends one session: its cookie, refresh token and access tokens are refused everywhere when this returns (P1). */
  async revoke(sessionId: string, reason: EndReason = 'revoked'): Promise<boolean> {
    if (!isSessionId(sessionId)) return false;
    const ended = await this.parts.store.revoke(this.parts.operation(), sessionId, reason, this.parts.clock.now());
    if (ended) this.audit(ended, reason);
    return ended !== undefined;
  }

  /**
   * Ends one session of a user, by its id.
   * @throws SessionNotFoundError for an unknown, a foreign and a dead id alike
   */
  async revokeOwn(userId: string, sessionId: string, reason: EndReason = 'revoked'): Promise<void> {
    const reading = isSessionId(sessionId) ? await this.parts.reader.byId(sessionId, this.parts.clock.now()) : undefined;
    const isOwn = reading !== undefined && 'record' in reading && reading.record.userId === userId;
    if (!isOwn || !(await this.revoke(sessionId, reason))) throw new SessionNotFoundError();
  }

  /** Ends all sessions of the user but this one, and every login under way. Answers how many were ended. */
  revokeOthers(session: Session): Promise<number> {
    return this.endAll(session.userId, 'logout_others', { keep: session.id });
  }

  /** Ends every session of a user and every login under way (P2). Answers how many sessions were ended. */
  revokeAll(userId: string, reason: EndReason = 'logout_all'): Promise<number> {
    return this.endAll(userId, reason);
  }

  /** Ends every session of every user. Not one step: when it throws, call it again. */
  async revokeEveryone(): Promise<number> {
    const count = await this.parts.store.revokeEveryone('everyone');
    this.parts.copies.clear();
    this.parts.emit({ type: 'everyone.ended', at: this.parts.clock.now(), count });
    return count;
  }

  /** The live sessions of a user, the most recently seen first. */
  async list(userId: string): Promise<readonly Session[]> {
    const now = this.parts.clock.now();
    const records = await this.parts.store.list(this.subject(userId), now);
    return records.flatMap((record) => {
      const reading = this.parts.reader.open(record, record.id, now);
      return 'record' in reading ? [new Session(reading.record, reading.content, reading.record.generation)] : [];
    });
  }

  /**
   * Changes the application data of a session (a JSON object of at most 4 KiB). Never brings a session back (P3); `change` may be
   * called again when others write at the same time.
   * @throws DataTooLargeError, InvalidSessionError, ConflictError
   */
  writeData(session: Session, change: (data: SessionData) => SessionData): Promise<SessionData> {
    return this.parts.renewer.write(session, change);
  }

  /**
   * Gives all sessions of a user other rights: the next request sees them, and a login under way starts again with them. Answers
   * how many sessions were changed. When it throws, call it again.
   */
  async setPrincipal(userId: string, principal: Principal): Promise<number> {
    const subject = this.subject(userId);
    await this.parts.store.moveFence(subject);
    const records = await this.parts.store.list(subject, this.parts.clock.now());
    const changed = await Promise.all(records.map(({ id }) => this.parts.renewer.rewritePrincipal(id, principal)));
    const sessions = changed.filter(Boolean).length;
    this.parts.emit({ type: 'rights.changed', at: this.parts.clock.now(), userId, sessions });
    return sessions;
  }

  /**
   * How late the store's feed of changes reaches this instance, in milliseconds: the lag by which a revocation is usually known
   * here. Not its bound, which is `revocation.within` and holds without any feed. All 0 where the store has no feed.
   */
  revocationLag(): RevocationLag {
    return this.parts.feed.lag;
  }

  /** Waits for the writes that no request waited for. Call it before the store's client is closed. */
  settled(): Promise<void> {
    return this.parts.background.settled();
  }

  private async endAll(userId: string, reason: EndReason, spared?: Spared): Promise<number> {
    const { parts } = this;
    const outcome = await parts.store.revokeAll(parts.operation(), this.subject(userId), reason, parts.clock.now(), spared);
    const ended = outcome.outcome === 'revoked' ? outcome.ended : [];
    for (const session of ended) this.audit(session, reason);
    return ended.length;
  }

  private audit(ended: EndedSession, reason: EndReason): void {
    this.parts.copies.evict(ended.id);
    this.parts.emit({ type: 'session.ended', at: this.parts.clock.now(), sessionId: ended.id, userId: ended.userId, reason });
  }

  private subject(userId: string): Subject {
    return { userId, slot: this.parts.ids.slotOf(userId) };
  }
}
