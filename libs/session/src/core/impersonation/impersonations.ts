import { ConflictError, InvalidSessionError, StoreUnavailableError } from '../errors.js';
import { ImpersonationForbiddenError } from '../access-errors.js';
import type { ClientContext } from '../client-context.js';
import type { SessionEventListener } from '../events.js';
import type { Principal } from '../ports/accounts.js';
import type { Clock } from '../ports/clock.js';
import type { Fence } from '../ports/session-store.js';
import { refuseImpersonated } from './refuse-impersonated.js';
import { Session } from '../session.js';
import type { SessionOpener } from '../session-opener.js';
import type { SessionReader } from '../session-reader.js';
import type { AccessTokens, IssuedAccessToken } from '../tokens/access-tokens.js';

/** Whom somebody acts for, and from where. */
export interface ImpersonationRequest {
  readonly userId: string;
  /** The user's rights: the actor has these, and none of his own. */
  readonly principal: Principal;
  /** Of the user, read before the host looked whether he may be acted for: see `SessionService.fence`. */
  readonly fence: Fence;
  readonly client: ClientContext;
}

/** A session as somebody else, and all there is to open it: no cookie and no refresh token, so nothing outlives it. */
export interface Impersonation extends IssuedAccessToken {
  readonly session: Session;
  /** `DPoP` where the actor's own session is bound to a key: so is this one, to the same. */
  readonly tokenType: 'Bearer' | 'DPoP';
}

/** Opens sessions in which support staff act for a user. */
export class Impersonations {
  constructor(
    private readonly reader: SessionReader,
    private readonly opener: SessionOpener,
    private readonly accessTokens: AccessTokens,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
  ) {}

  /** @throws ImpersonationForbiddenError, InvalidSessionError, ConflictError, StoreUnavailableError */
  async begin(own: Session, { userId, principal, fence, client }: ImpersonationRequest): Promise<Impersonation> {
    refuseImpersonated(own);
    if (userId === own.userId) throw new ImpersonationForbiddenError('You are this user yourself.');
    if (own.isStale) throw new StoreUnavailableError();
    const now = this.clock.now();
    const reading = await this.reader.byId(own.id, now);
    if ('refused' in reading || own.generation < reading.record.minGeneration) throw new InvalidSessionError();
    const { id, minGeneration } = reading.record;
    // The roles by which the host let him: one that he has lost in between refuses the first request.
    const actor = { userId: own.userId, sessionId: id, minGeneration, roles: own.principal.roles };
    const { record, content, outcome } = await this.opener.openAs({ userId, principal, client }, actor, reading.record, fence);
    // Ended, or given other rights, since the host looked at him: it must look again.
    if (outcome.outcome !== 'created') throw new ConflictError();
    const session = new Session({ record, content }, record.generation);
    const issued = await this.accessTokens.issue(record, record.generation, now, '', undefined, actor);
    const { id: sessionId, channel } = record;
    const { address, label: device } = content.device;
    const by = { actorId: actor.userId, actorSessionId: actor.sessionId };
    this.emit({ type: 'session.opened', at: now, sessionId, userId, channel, address, device, ...by });
    return { session, ...issued, tokenType: record.dpopThumbprint ? 'DPoP' : 'Bearer' };
  }
}
