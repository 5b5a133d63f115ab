import type { SessionEventListener } from './events.js';
import { toldOf, type Origin } from './origin.js';
import type { Principal } from './ports/accounts.js';
import type { Clock } from './ports/clock.js';
import type { SessionStore, Subject } from './ports/session-store.js';
import type { SessionRecord } from './record/session-record.js';
import type { RecordCopies } from './revocation/record-copies.js';
import type { SessionRenewer } from './session-renewer.js';

/** Gives all sessions of a user other rights (design §5 `rewrite`, ASVS 8.3.2). */
export class RightsChanges {
  constructor(
    private readonly store: SessionStore,
    private readonly renewer: SessionRenewer,
    private readonly copies: RecordCopies,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
    private readonly end: (sessionId: string, origin?: Origin) => Promise<boolean>,
  ) {}

  /**
   * Moves the fence first, and lists afterwards: a login that read the older rights either is on the list or opens nothing. Not one
   * step; what a crash has left undone is done by the same call again. Answers how many sessions were changed.
   * @throws StoreUnavailableError, ConflictError
   */
  async change(subject: Subject, principal: Principal, origin?: Origin): Promise<number> {
    const sessions = await this.copies.unlessKnown(subject.slot, async () => {
      await this.store.moveFence(subject);
      const records = await this.store.list(subject, this.clock.now());
      // Whoever acts for the user was let do so for what the user was: the host has to decide anew.
      for (const { id } of records.filter(isSupport)) await this.end(id, origin);
      return this.renewer.rewritePrincipals(
        records.filter((record) => !isSupport(record)),
        principal,
      );
    });
    const { userId } = subject;
    const told = { userId, roles: principal.roles, sessions, ...toldOf(origin, { userId }) };
    this.emit({ type: 'rights.changed', at: this.clock.now(), ...told });
    return sessions;
  }
}

function isSupport({ channel }: SessionRecord): boolean {
  return channel === 'support';
}
