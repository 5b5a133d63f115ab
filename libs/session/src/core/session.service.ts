import type { AnonymousSessions } from './anonymous/anonymous-sessions.js';
import type { ClientContext } from './client-context.js';
import { FencedError, SessionLimitError, StoreUnavailableError } from './errors.js';
import type { IssuedSession } from './issued-session.js';
import type { Impersonation, ImpersonationRequest } from './impersonation/impersonations.js';
import { refuseImpersonated } from './impersonation/refuse-impersonated.js';
import type { Origin } from './origin.js';
import type { Principal } from './ports/accounts.js';
import type { RelayLag } from './ports/relay.js';
import type { Fence, Subject } from './ports/session-store.js';
import type { SessionData } from './session-types.js';
import type { EndReason } from './record/session-record.js';
import { Session } from './session.js';
import type { OpenRequest } from './session-opener.js';
import { freshnessOf, type RouteRevocation } from './revocation/freshness.js';
import type { RevocationLag } from './revocation/change-feed.js';
import type { CsrfBound } from './secrets/csrf-tokens.js';
import type { RevokeAllOptions } from './revoke-all-options.js';
import type { SessionServiceParts } from './session-service-parts.js';
import type { PasswordEnding } from './password-ending.js';
import type { UserEnding } from './user-ending.js';
import { BY_PASSWORD, type Proven } from './session-renewer.js';
import type { IssuedAccessToken } from './tokens/access-tokens.js';
import type { PresentedProof } from './tokens/dpop/presented-proof.js';

/**
 * Everything an application does with sessions. Each method throws {@link StoreUnavailableError} when the store cannot be asked,
 * and then nothing is known of the session: it is never a reason to answer 401.
 */
export class SessionService {
  /** Sessions of visitors who have not logged in: a cart, a draft. */
  readonly anonymous: AnonymousSessions;

  constructor(private readonly parts: SessionServiceParts) {
    this.anonymous = parts.anonymous;
  }

  /**
   * The user's fence. Read it before the password (or whatever stands for it) is checked, and pass it to {@link open}: what
   * `revokeAll` ended in between is then not opened (P2).
   */
  fence(userId: string): Promise<Fence> {
    return this.parts.store.fence(this.subject(userId));
  }

  /**
   * Opens a session for a user whose identity was just proven.
   * @throws FencedError when all sessions were ended since the fence was read
   * @throws SessionLimitError under the `refuse` policy
   */
  async open(request: OpenRequest): Promise<IssuedSession> {
    const { userId, channel, client } = request;
    const origin = { address: client.address };
    const { record, content, outcome } = await this.parts.ended.during(userId, origin, () => this.parts.opener.open(request));
    if (outcome.outcome === 'fenced') throw new FencedError();
    const { createdAt: at } = record;
    const { address, label: device } = content.device;
    if (outcome.outcome === 'limitReached') {
      this.parts.emit({ type: 'session.limit_reached', at, userId, channel, address, device });
      throw new SessionLimitError();
    }
    this.parts.ended.report(outcome.evicted, 'evicted', origin);
    const opened = { at, sessionId: record.id, userId, channel, address, device };
    this.parts.emit({ type: 'session.opened', ...opened });
    if (request.newDevice) this.parts.emit({ type: 'login.new_device', ...opened });
    return this.parts.issuer.issue(record, content, record.createdAt);
  }

  /**
   * Opens a session in which the user of this one acts for another, for as long as this one lives unchanged. Who may act for whom is
   * the host's to decide, after it has read the `fence`. @throws ImpersonationForbiddenError, ConflictError: decide again
   */
  impersonate(session: Session, request: ImpersonationRequest): Promise<Impersonation> {
    return this.parts.impersonations.begin(session, request);
  }

  /** The session of a cookie's value, from a copy only where `revocation` allows one. @throws InvalidSessionError, InsufficientAuthenticationError */
  authenticateCookie(
    value: string,
    client: ClientContext,
    revocation: RouteRevocation = 'strict',
    allowChangedClient = false,
  ): Promise<Session> {
    return this.parts.authenticator.cookie(value, client, { freshness: freshnessOf(revocation), allowChangedClient });
  }

  /**
   * The session of an access token, from a copy only where `revocation` allows one; with the `proof` that comes with it under the `DPoP` scheme.
   * @throws InvalidTokenError, InvalidDpopProofError, UseDpopNonceError, InsufficientAuthenticationError
   */
  authenticateToken(
    token: string,
    client: ClientContext,
    revocation: RouteRevocation = 'strict',
    allowChangedClient = false,
    proof?: PresentedProof,
  ): Promise<Session> {
    return this.parts.authenticator.accessToken(token, client, { freshness: freshnessOf(revocation), allowChangedClient, proof });
  }

  /**
   * Gives a session a new secret after the person proved again who they are; every older credential of it is dead. From then on
   * the session claims what was `proven` now, and no more. The `client` that asked is from then on the session's own.
   * @throws FencedError, InvalidSessionError, ConflictError
   */
  async reauthenticate(
    session: Session,
    fence: Fence,
    proven: Proven = BY_PASSWORD,
    client?: ClientContext,
  ): Promise<IssuedSession> {
    const { record, content } = await this.parts.renewer.renew(session, fence, proven, client);
    const about = { sessionId: record.id, userId: record.userId };
    const from = client && { address: client.address };
    this.parts.emit({ type: 'session.renewed', at: record.authenticatedAt, cause: 'reauthenticated', ...about, ...from });
    return this.parts.issuer.issue(record, content, record.authenticatedAt);
  }

  /**
   * Prepares what a change of password ends: call it before the change, `within` in its transaction, and `complete` when it is
   * committed (P2, design §7). The fence moves first, so a store that is away says so before anything has changed.
   * @throws InvalidSessionError when this session has ended
   */
  passwordEnding(session: Session, proven: Proven = BY_PASSWORD, origin?: Origin): Promise<PasswordEnding> {
    return this.parts.passwordEndings.prepare(session, this.subject(session.userId), proven, origin);
  }

  /** {@link passwordEnding}, for a host that has changed the password already. @throws InvalidSessionError */
  passwordChanged(session: Session, proven: Proven = BY_PASSWORD, origin?: Origin): Promise<IssuedSession> {
    return this.parts.passwordEndings.changed(session, this.subject(session.userId), proven, origin);
  }

  /**
   * An access token for a session, for instance for the scripts of a page that holds the cookie. It dies with the session, and is
   * worth no more than the credential that was presented: its scopes, and its generation (a newer one would count as use of a
   * refresh token whose answer may be lost, and end the predecessor that the client still holds).
   * @param thumbprint of the key that it is bound to (RFC 9449), by a proof that was verified and spent. Default: the session's own
   * @throws StoreUnavailableError for a stale session: nothing is minted from what the store was not asked for
   */
  async accessToken(session: Session, origin?: Origin, thumbprint?: string): Promise<IssuedAccessToken> {
    const { record, generation, scope, isStale, id: sessionId, userId } = session;
    refuseImpersonated(session);
    if (isStale) throw new StoreUnavailableError();
    const now = this.parts.clock.now();
    const issued = await this.parts.accessTokens.issue(record, generation, now, scope.join(' '), thumbprint);
    const from = origin && { address: origin.address };
    this.parts.emit({ type: 'token.issued', at: now, sessionId, userId, ...from });
    return issued;
  }

  /** A CSRF token of this session. */
  csrfToken(session: CsrfBound): string {
    return this.parts.csrfTokens.issue(session);
  }

  /** Whether a CSRF token is this session's. */
  holdsCsrfToken(session: CsrfBound, token: string): boolean {
    return this.parts.csrfTokens.holds(session, token);
  }

  /** Ends one session: its cookie, refresh token and access tokens are refused everywhere when this returns (P1). */
  revoke(sessionId: string, reason: EndReason = 'revoked', origin?: Origin): Promise<boolean> {
    return this.parts.endings.end(sessionId, reason, origin);
  }

  /**
   * Ends one session of a user, by its id.
   * @throws SessionNotFoundError for an unknown, a foreign and a dead id alike; the audit trail tells who asked for a foreign one
   */
  revokeOwn(userId: string, sessionId: string, reason: EndReason = 'revoked', origin?: Origin): Promise<void> {
    return this.parts.endings.endOwn(userId, sessionId, reason, origin);
  }

  /** Ends all sessions of the user but this one, and every login under way. Answers how many were ended. */
  async revokeOthers(session: Session, origin?: Origin): Promise<number> {
    refuseImpersonated(session);
    const spared = { keep: session.id };
    return this.parts.userEndings.end(this.subject(session.userId), 'logout_others', { spared, origin });
  }

  /**
   * Ends every session of a user and every login under way (P2). Answers how many sessions were ended. With the `manager` of a
   * transaction of the host it is part of that: it comes about with its commit. The answer is then 0, and of the sessions nothing is
   * told (`session.ended`) but by a store with a journal, since nobody knows yet whether it commits: {@link userEnding} does both.
   * @throws TransactionNotSupportedError for a `manager`, where the sessions do not lie in a database of the host
   */
  revokeAll(userId: string, { reason = 'logout_all', manager, origin }: RevokeAllOptions = {}): Promise<number> {
    return this.parts.userEndings.end(this.subject(userId), reason, { transaction: manager, origin });
  }

  /**
   * Prepares the end of all sessions of a user as part of a change that the host makes: so that no crash leaves the change without
   * it. Call `within` in its transaction and `complete` after the commit.
   */
  userEnding(userId: string, reason: EndReason, origin?: Origin): UserEnding {
    return this.parts.userEndings.prepare(this.subject(userId), reason, origin);
  }

  /** Ends every session of every user. Not one step: when it throws, call it again. */
  revokeEveryone(origin?: Origin): Promise<number> {
    return this.parts.endings.endEveryone(origin);
  }

  /** The live sessions of a user, the most recently seen first. */
  async list(userId: string): Promise<readonly Session[]> {
    const now = this.parts.clock.now();
    const opened = await this.parts.reader.openEach(await this.parts.store.list(this.subject(userId), now), now);
    return opened.map((one) => new Session(one, one.record.generation));
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
   * Gives all sessions of a user other rights: the next request sees them, and a login under way starts again with them. Call it
   * when the host has committed them. Answers how many sessions were changed. When it throws, or is never reached, call it again.
   * @throws StoreUnavailableError, ConflictError
   */
  setPrincipal(userId: string, principal: Principal, origin?: Origin): Promise<number> {
    return this.parts.rightsChanges.change(this.subject(userId), principal, origin);
  }

  /**
   * How late the store's feed of changes reaches this instance, in milliseconds: the lag by which a revocation is usually known
   * here. Not its bound, which is `revocation.within` and holds without any feed. All 0 where the store has no feed.
   */
  revocationLag(): RevocationLag {
    return this.parts.feed.lag;
  }

  /** How late this instance has applied what others wrote to the journal and did not carry out, in ms. `undefined`: no journal. */
  relayLag(): RelayLag | undefined {
    return this.parts.relay?.lag;
  }

  /** Waits for the writes that no request waited for. Call it before the store's client is closed. */
  settled(): Promise<void> {
    return this.parts.background.settled();
  }

  private subject(userId: string): Subject {
    return { userId, slot: this.parts.ids.slotOf(userId) };
  }
}
