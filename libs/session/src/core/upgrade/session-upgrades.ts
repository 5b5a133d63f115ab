import type { ClientContext } from '../client-context.js';
import type { CredentialIssuer } from '../credential-issuer.js';
import type { IssuedSession } from '../issued-session.js';
import type { Clock } from '../ports/clock.js';
import type { ClaimOutcome, FormerSessions } from '../ports/former-sessions.js';
import type { SessionReader } from '../session-reader.js';
import type { SessionService } from '../session.service.js';
import { type FormerTrouble, FormerUsers } from './former-users.js';

type Claimed = Extract<ClaimOutcome, { outcome: 'claimed' }>;

/** Nobody knows when the person of a former session proved who they are: so long ago that it is never recent. */
const LONG_AGO = 0;

/**
 * Exchanges sessions of a former system for sessions of ours, each once. Whoever comes with the former cookie at the same time, or a
 * moment later because the answer was lost, is given the same session: its secret is derived, so it can be told again.
 */
export class SessionUpgrades {
  private readonly users: FormerUsers;

  constructor(
    private readonly former: FormerSessions,
    private readonly sessions: SessionService,
    private readonly reader: SessionReader,
    private readonly issuer: CredentialIssuer,
    private readonly clock: Clock,
    onTrouble: FormerTrouble = () => undefined,
  ) {
    this.users = new FormerUsers(former, onTrouble);
  }

  /**
   * The session of ours for the former one with this id; `undefined` where there is nobody to log in.
   * @throws FencedError when all sessions of the user were ended meanwhile
   * @throws SessionLimitError, StoreUnavailableError
   */
  async exchange(id: string, client: ClientContext): Promise<IssuedSession | undefined> {
    const found = await this.former.claim(id, this.clock.now());
    if (found.outcome === 'none') return undefined;
    if (found.outcome === 'upgraded') return this.successor(found.sessionId);
    let issued: IssuedSession | undefined;
    try {
      issued = await this.open(found, client);
    } finally {
      if (!issued) await this.former.release(found.claim);
    }
    if (!issued || (await this.former.settle(found.claim, issued.session.id, this.clock.now()))) return issued;
    // It took so long that another has claimed it, or it was ended: this one has been told nobody.
    await this.sessions.revoke(issued.session.id, 'replaced', { address: client.address });
    const settled = await this.former.claim(id, this.clock.now());
    if (settled.outcome === 'claimed') await this.former.release(settled.claim);
    return settled.outcome === 'upgraded' ? this.successor(settled.sessionId) : undefined;
  }

  /** Ends a former session, and what was given for it a moment ago: whoever logs out must not come back by the former cookie. */
  async end(id: string, client: ClientContext): Promise<void> {
    const successor = await this.former.end(id, this.clock.now());
    if (successor) await this.sessions.revoke(successor, 'logout', { address: client.address });
  }

  private async open({ session, persistent }: Claimed, client: ClientContext): Promise<IssuedSession | undefined> {
    const userId = this.users.idOf(session);
    if (userId === undefined) return undefined;
    const fence = await this.sessions.fence(userId); // before anything is read that an ending of all sessions changes
    if (await this.former.hasEnded(userId)) return undefined;
    const principal = await this.former.principalOf(userId);
    if (!principal) return undefined;
    return this.sessions.open({
      userId,
      principal,
      fence,
      channel: 'browser',
      client,
      remember: persistent,
      authenticatedAt: LONG_AGO,
      endsBy: this.clock.now() + this.former.lifetime,
    });
  }

  /** Not one that has a new secret since: who was given that has proven who they are. */
  private async successor(id: string): Promise<IssuedSession | undefined> {
    const now = this.clock.now();
    const reading = await this.reader.byId(id, now);
    if ('refused' in reading || reading.record.generation > 0) return undefined;
    return this.issuer.issue(reading.record, reading.content, now);
  }
}
