import type { Authenticator } from './authenticator.js';
import type { ClientWatch } from './client/client-watch.js';
import type { ClientContext } from './client-context.js';
import type { CredentialIssuer } from './credential-issuer.js';
import { InvalidGrantError, InvalidScopeError, InvalidTokenError, SessionEvictedError } from './errors.js';
import type { SessionEventListener } from './events.js';
import type { ApiCredentials } from './issued-session.js';
import type { Origin } from './origin.js';
import type { Clock } from './ports/clock.js';
import type { RotateOutcome, SessionStore } from './ports/session-store.js';
import { effectiveEnd } from './record/lifetimes.js';
import type { EndReason, SessionRecord } from './record/session-record.js';
import { decideRefresh, SUSPECTED_SHARING, type RefreshRule } from './refresh/refresh-decision.js';
import { parseCredential } from './secrets/credential.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { Refusals } from './refusals.js';
import type { Refused, SessionReader } from './session-reader.js';
import type { KnownClient } from './tokens/client-registry.js';
import type { Introspection } from './tokens/introspection.js';
import type { DpopBinding } from './tokens/dpop/dpop-binding.js';
import type { PresentedProof } from './tokens/dpop/presented-proof.js';

/** A refresh (RFC 6749 §6). */
export interface RefreshRequest {
  readonly refreshToken: string;
  /** The client that asks, already identified; none stands for the application's own. */
  readonly client?: KnownClient | undefined;
  /** A part of the granted scope, for the access token alone. */
  readonly scope?: string | undefined;
  /** That comes with it; needed where the session is bound to a key (RFC 9449 §5). */
  readonly proof?: PresentedProof | undefined;
  readonly context: ClientContext;
}

export interface TokenServiceRules {
  readonly issuer: string;
  readonly defaultClientId: string;
  readonly refresh: RefreshRule;
  readonly onSuspectedSharing: 'report' | 'revoke';
  /** Ends a session, audited. */
  readonly end: (sessionId: string, reason: EndReason, origin?: Origin) => Promise<boolean>;
  /** Drops what this instance keeps of a session that the store has ended. */
  readonly forget: (sessionId: string) => void;
  readonly operation: () => string;
}

/** The use-cases of the OAuth endpoints: refresh, introspect, revoke. All three make the same decision about a refresh token. */
export class TokenService {
  constructor(
    private readonly reader: SessionReader,
    private readonly store: SessionStore,
    private readonly issuer: CredentialIssuer,
    private readonly authenticator: Authenticator,
    private readonly watch: ClientWatch,
    private readonly clock: Clock,
    private readonly rules: TokenServiceRules,
    private readonly refusals: Refusals,
    private readonly dpop: DpopBinding,
    private readonly emit: SessionEventListener,
  ) {}

  /**
   * Trades a refresh token for the next pair (design §6).
   * @throws InvalidGrantError whatever is wrong with the token; the audit trail tells what
   * @throws InvalidDpopProofError, UseDpopNonceError whatever the token is, when the proof beside it does not hold
   * @throws InvalidScopeError
   * @throws StoreUnavailableError
   */
  async refresh(request: RefreshRequest): Promise<ApiCredentials> {
    const now = this.clock.now();
    // First: the answer to a bad proof must tell nothing of the token.
    const proof = request.proof && (await this.dpop.verify(request.proof, request.context));
    const credential = parseCredential('refresh', request.refreshToken);
    if (!credential) throw this.refusals.ofText('refresh_token', request.context, new InvalidGrantError());
    const reading = await this.reader.byCredential(credential, now);
    if ('refused' in reading) throw await this.refused(credential.id, reading, request.context);
    const { record } = reading;
    if (!this.isClientOf(record, request.client)) {
      throw await this.refused(record.id, { refused: 'foreign_client', userId: record.userId }, request.context);
    }
    await this.dpop.passRefresh(record, proof, request.context);
    const policy = await this.watch.judge(reading, request.context, now);
    // Nothing is rotated for a client that must prove the password first: what it got would work wherever tokens are verified offline.
    if (policy === 'stepUp') throw this.refusals.ofChangedClient(record, request.context, new InvalidGrantError());
    if (policy === 'end') throw new InvalidGrantError();
    const scope = narrowed(request.scope, record.scope);
    const outcome = await this.rotate(record.id, credential.generation, now);
    return this.issuer.api(record, await this.settle(record, outcome, request.context), now, scope);
  }

  /** Says whether a token would be accepted now (RFC 7662). Reads only, but for the first use of an access token. */
  async introspect(token: string): Promise<Introspection> {
    const now = this.clock.now();
    const reading = await this.reader.byAccessToken(token, now);
    if (reading && 'record' in reading) {
      const { claims } = reading;
      await this.authenticator.noteUse(reading, claims.gen, now);
      const { gen: _, ...said } = claims;
      const type = said.cnf ? 'DPoP' : 'Bearer';
      const { username, roles } = reading.content.principal;
      return { active: true, ...said, username, roles, token_type: type };
    }
    const refresh = await this.liveRefreshToken(token, now);
    return refresh ? this.describe(refresh) : { active: false };
  }

  /**
   * Ends the session of a refresh or an access token that would be accepted now (RFC 7009). Anything else, and a token of another
   * client, is a no-op: it never counts as reuse.
   */
  async revoke(token: string, client: KnownClient | undefined, origin?: Origin): Promise<void> {
    const now = this.clock.now();
    const reading = await this.reader.byAccessToken(token, now);
    const opened = reading && 'record' in reading ? reading : await this.liveRefreshToken(token, now);
    if (opened && this.isClientOf(opened.record, client)) await this.rules.end(opened.record.id, 'revoked', origin);
  }

  /**
   * Ends the session of an access token that this server signed, also when the token has expired: a person who logs out must not
   * be told that he is out while his refresh token lives on. A session that is gone, and a token that was replaced on purpose,
   * leave nothing to do.
   * @param proof that comes with it under the `DPoP` scheme: without one a stolen copy of a bound token logs nobody out
   * @throws InvalidTokenError when this server did not sign it, InvalidDpopProofError, UseDpopNonceError
   */
  async logout(token: string, context: ClientContext, proof?: PresentedProof): Promise<void> {
    const reading = await this.reader.bySignedToken(token, this.clock.now());
    if (!reading) throw this.refusals.ofText('access_token', context, new InvalidTokenError());
    if ('refused' in reading) return void (await this.refusals.ofSession(reading.claims.sid, reading, context));
    await this.dpop.passToken({ token, proof }, reading, context);
    await this.rules.end(reading.record.id, 'logout', { address: context.address });
  }

  /** Where the answer was lost the session may have been ended for reuse. */
  private async rotate(id: string, generation: number, now: number): Promise<RotateOutcome> {
    try {
      return await this.store.rotate(this.rules.operation(), id, generation, now, this.rules.refresh);
    } catch (error) {
      this.rules.forget(id);
      throw error;
    }
  }

  private async liveRefreshToken(token: string, now: number): Promise<OpenedRecord | undefined> {
    const credential = parseCredential('refresh', token);
    const reading = credential && (await this.reader.byCredential(credential, now));
    if (!reading || 'refused' in reading) return undefined;
    const { outcome } = decideRefresh(reading.record, credential.generation, now, this.rules.refresh);
    return outcome === 'reused' || outcome === 'superseded' ? undefined : reading;
  }

  private describe({ record, content }: OpenedRecord): Introspection {
    return {
      active: true,
      iss: this.rules.issuer,
      sub: record.userId,
      sid: record.id,
      client_id: record.clientId ?? this.rules.defaultClientId,
      username: content.principal.username,
      roles: content.principal.roles,
      exp: Math.floor(effectiveEnd(record) / 1000),
      iat: Math.floor(record.createdAt / 1000),
      auth_time: Math.floor(record.authenticatedAt / 1000),
      acr: record.acr,
      amr: record.amr.split(' '),
      ...(record.scope ? { scope: record.scope } : {}),
      ...(record.dpopThumbprint ? { token_type: 'DPoP', cnf: { jkt: record.dpopThumbprint } } : {}),
    };
  }

  private isClientOf(record: SessionRecord, client: KnownClient | undefined): boolean {
    const { defaultClientId } = this.rules;
    return (record.clientId ?? defaultClientId) === (client?.id ?? defaultClientId);
  }

  /** Tells the audit trail what happened, and the caller which generation to hand out. */
  private async settle(record: SessionRecord, outcome: RotateOutcome, context: ClientContext): Promise<number> {
    const about = { at: this.clock.now(), sessionId: record.id, userId: record.userId, address: context.address };
    switch (outcome.outcome) {
      case 'rotated':
      case 'healed':
        this.emit({ type: `refresh.${outcome.outcome}`, ...about });
        return outcome.generation;
      case 'replayed':
        this.emit({ type: 'refresh.replayed', ...about });
        if (outcome.replays === SUSPECTED_SHARING) await this.suspect(about);
        return outcome.generation;
      case 'reused':
        this.rules.forget(record.id);
        this.emit({ type: 'refresh.reused', ...about });
        this.emit({ type: 'session.ended', reason: 'reuse', ...about });
        throw new InvalidGrantError();
      case 'superseded':
      case 'gone':
        throw await this.refused(record.id, { refused: outcome.outcome, userId: record.userId }, context);
    }
  }

  private async suspect(about: { at: number; sessionId: string; userId: string; address: string }): Promise<void> {
    this.emit({ type: 'refresh.suspected_sharing', ...about });
    if (this.rules.onSuspectedSharing === 'report') return;
    await this.rules.end(about.sessionId, 'suspected_sharing', { address: about.address });
    throw new InvalidGrantError();
  }

  /** One error for every cause (RFC 6749 §5.2): only its description tells a device that it was evicted. */
  private async refused(sessionId: string, refused: Refused, context: ClientContext): Promise<InvalidGrantError> {
    const ended = await this.refusals.ofSession(sessionId, refused, context);
    return ended === 'evicted' ? new InvalidGrantError(new SessionEvictedError().message) : new InvalidGrantError();
  }
}

/** Scope may only narrow (RFC 6749 §6). */
function narrowed(requested: string | undefined, granted: string | undefined): string | undefined {
  if (requested === undefined) return granted;
  const allowed = new Set(granted?.split(' '));
  const asked = [...new Set(requested.split(' ').filter((scope) => scope !== ''))];
  if (asked.length === 0 || asked.some((scope) => !allowed.has(scope))) throw new InvalidScopeError();
  return asked.join(' ');
}
