import type { SessionActor } from './impersonation/session-actor.js';
import { actorOf } from './impersonation/session-actor.js';
import type { Principal } from './ports/accounts.js';
import { effectiveEnd } from './record/lifetimes.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { Device } from './record/sealer.js';
import type { SessionData } from './session-types.js';
import type { Channel, SessionRecord } from './record/session-record.js';

/** A live session as an application sees it: read-only, a picture of the moment it was read. Times are milliseconds since the epoch. */
export class Session {
  readonly id: string;
  readonly userId: string;
  readonly channel: Channel;
  readonly clientId: string | undefined;
  /** The scopes this request may use: those of the access token, within those granted at login. Empty: none were granted. */
  readonly scope: readonly string[];
  readonly createdAt: number;
  /** When the person last proved who they are. A refresh never moves it. */
  readonly authenticatedAt: number;
  readonly lastSeenAt: number;
  /** The absolute end. */
  readonly expiresAt: number;
  /** When it ends if nobody uses it again. */
  readonly endsAt: number;
  readonly remembered: boolean;
  /** Authentication methods (RFC 8176). */
  readonly amr: readonly string[];
  readonly acr: string;
  readonly principal: Principal;
  readonly device: Device;
  readonly data: SessionData;
  /** Who acts in this session, where that is not the user himself: support staff (`SessionService.impersonate`). */
  readonly actor: SessionActor | undefined;
  /**
   * Whether this is an older picture, because the store could not be asked: only on routes that ask for `serveStale`. The session
   * may have ended since.
   */
  readonly isStale: boolean;

  /** @internal What the store holds. Not enumerable: an application that answers with a session must not send salt and seal along. */
  declare readonly record: SessionRecord;

  constructor(
    { record, content, staleSince }: OpenedRecord,
    /** @internal The generation of the credential that was presented. */
    readonly generation: number,
    scope = record.scope,
  ) {
    Object.defineProperty(this, 'record', { value: record });
    this.id = record.id;
    this.userId = record.userId;
    this.channel = record.channel;
    this.clientId = record.clientId;
    this.scope = scope ? scope.split(' ') : [];
    this.createdAt = record.createdAt;
    this.authenticatedAt = record.authenticatedAt;
    this.lastSeenAt = record.lastSeenAt;
    this.expiresAt = record.expiresAt;
    this.endsAt = effectiveEnd(record);
    this.remembered = record.remembered;
    this.amr = record.amr.split(' ');
    this.acr = record.acr;
    this.principal = content.principal;
    this.device = content.device;
    this.data = content.data;
    this.actor = content.actor && actorOf(content.actor);
    this.isStale = staleSince !== undefined;
  }
}
