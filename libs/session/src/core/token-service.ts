import type { Authenticator } from './authenticator.js';
import type { ClientContext } from './client-context.js';
import type { CredentialIssuer } from './credential-issuer.js';
import { InvalidGrantError, InvalidScopeError, InvalidTokenError } from './errors.js';
import type { RefusalCause, SessionEventListener } from './events.js';
import type { ApiCredentials } from './issued-session.js';
import type { Clock } from './ports/clock.js';
import type { RotateOutcome, SessionStore } from './ports/session-store.js';
import { effectiveEnd } from './record/lifetimes.js';
import type { EndReason, SessionRecord } from './record/session-record.js';
import { decideRefresh, SUSPECTED_SHARING, type RefreshRule } from './refresh/refresh-decision.js';
import { parseCredential } from './secrets/credential.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { SessionReader } from './session-reader.js';
import type { KnownClient } from './tokens/client-registry.js';

/** A refresh (RFC 6749 §6). */
export interface RefreshRequest {
  readonly refreshToken: string;
  /** The client that asks, already identified; none stands for the application's own. */
  readonly client?: KnownClient | undefined;
  /** A part of the granted scope, for the access token alone. */
  readonly scope?: string | undefined;
  readonly context: ClientContext;
}

/** What introspection says of a token (RFC 7662 §2.2); for anything not alive, `active: false` alone. Times are seconds. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly iss: string;
      readonly sub: string;
      readonly sid: string;
      readonly client_id: string;
      readonly username: string;
      readonly exp: number;
      readonly iat: number;
      readonly auth_time: number;
      readonly acr: string;
      readonly amr: readonly string[];
      readonly scope?: string;
      readonly aud?: string;
      readonly jti?: string;
      readonly token_type?: 'Bearer' | 'DPoP';
    };

export interface TokenServiceRules {
  readonly issuer: string;
  readonly defaultClientId: string;
  readonly refresh: RefreshRule;
  readonly onSuspectedSharing: 'report' | 'revoke';
  /** Ends a session, audited. */
  readonly end: (sessionId: string, reason: EndReason) => Promise<boolean>;
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
    private readonly clock: Clock,
    private readonly rules: TokenServiceRules,
    private readonly emit: SessionEventListener,
  ) {}

  /**
   * Trades a refresh token for the next pair (design §6).
   * @throws InvalidGrantError whatever is wrong with the token; the audit trail tells what
   * @throws InvalidScopeError
   * @throws StoreUnavailableError
   */
  async refresh(request: RefreshRequest): Promise<ApiCredentials> {
    const now = this.clock.now();
    const credential = parseCredential('refresh', request.refreshToken);
    if (!credential) throw new InvalidGrantError();
    const reading = await this.reader.byCredential(credential, now);
    if ('refused' in reading) throw this.refused(credential.id, reading.refused, request.context);
    const { record } = reading;
    if (!this.isClientOf(record, request.client)) throw this.refused(record.id, 'foreign_client', request.context);
    await this.authenticator.watchClient(reading, request.context, now, new InvalidGrantError());
    const scope = narrowed(request.scope, record.scope);
    const outcome = await this.store.rotate(this.rules.operation(), record.id, credential.generation, now, this.rules.refresh);
    return this.issuer.api(record, await this.settle(record, outcome, request.context), now, scope);
  }

  /** Says whether a token would be accepted now (RFC 7662). Reads only, but for the first use of an access token. */
  async introspect(token: string): Promise<Introspection> {
    const now = this.clock.now();
    const reading = await this.reader.byAccessToken(token, now);
    if (reading && 'record' in reading) {
      const { claims } = reading;
      await this.authenticator.noteUse(reading.record, claims.gen, now);
      const { gen: _, cnf, ...said } = claims;
      return { active: true, ...said, username: reading.content.principal.username, token_type: cnf ? 'DPoP' : 'Bearer' };
    }
    const refresh = await this.liveRefreshToken(token, now);
    return refresh ? this.describe(refresh) : { active: false };
  }

  /**
   * Ends the session of a refresh or an access token that would be accepted now (RFC 7009). Anything else, and a token of another
   * client, is a no-op: it never counts as reuse.
   */
  async revoke(token: string, client: KnownClient | undefined): Promise<void> {
    const now = this.clock.now();
    const reading = await this.reader.byAccessToken(token, now);
    const opened = reading && 'record' in reading ? reading : await this.liveRefreshToken(token, now);
    if (opened && this.isClientOf(opened.record, client)) await this.rules.end(opened.record.id, 'revoked');
  }

  /**
   * Ends the session of an access token that this server signed, also when the token has expired: a person who logs out must not
   * be told that he is out while his refresh token lives on. A session that is gone, and a token that was replaced on purpose,
   * leave nothing to do.
   * @throws InvalidTokenError when this server did not sign it
   */
  async logout(token: string): Promise<void> {
    const reading = await this.reader.bySignedToken(token, this.clock.now());
    if (!reading) throw new InvalidTokenError();
    if ('record' in reading) await this.rules.end(reading.record.id, 'logout');
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
      exp: Math.floor(effectiveEnd(record) / 1000),
      iat: Math.floor(record.createdAt / 1000),
      auth_time: Math.floor(record.authenticatedAt / 1000),
      acr: record.acr,
      amr: record.amr.split(' '),
      ...(record.scope ? { scope: record.scope } : {}),
    };
  }

  private isClientOf(record: SessionRecord, client: KnownClient | undefined): boolean {
    const { defaultClientId } = this.rules;
    return (record.clientId ?? defaultClientId) === (client?.id ?? defaultClientId);
  }

  /** Tells the audit trail what happened, and the caller which generation to hand out. */
  private async settle(record: SessionRecord, outcome: RotateOutcome, context: ClientContext): Promise<number> {
    const about = { at: this.clock.now(), sessionId: record.id, userId: record.userId };
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
        throw this.refused(record.id, outcome.outcome, context);
    }
  }

  private async suspect(about: { at: number; sessionId: string; userId: string }): Promise<void> {
    this.emit({ type: 'refresh.suspected_sharing', ...about });
    if (this.rules.onSuspectedSharing === 'report') return;
    await this.rules.end(about.sessionId, 'suspected_sharing');
    throw new InvalidGrantError();
  }

  private refused(sessionId: string, cause: RefusalCause, { address }: ClientContext): InvalidGrantError {
    this.emit({ type: 'session.refused', at: this.clock.now(), sessionId, cause, address });
    return new InvalidGrantError();
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
