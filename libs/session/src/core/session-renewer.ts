import { clientOnRecord, type KnownClient } from './client/known-client.js';
import type { ClientContext } from './client-context.js';
import { ConflictError, FencedError, InvalidSessionError } from './errors.js';
import type { Clock } from './ports/clock.js';
import type { Principal } from './ports/accounts.js';
import type {
  CallerTransaction,
  Fence,
  Renewal,
  SessionStore,
  Subject,
  WriteOutcome,
  WrittenPart,
} from './ports/session-store.js';
import { refuseImpersonated } from './impersonation/refuse-impersonated.js';
import type { RecordCopies } from './revocation/record-copies.js';
import { deviceLabel } from './record/device-label.js';
import { dataThatFits } from './record/session-data.js';
import type { SealedContent, Sealer } from './record/sealer.js';
import type { SessionData } from './session-types.js';
import type { EndedSession, EndReason, SessionRecord } from './record/session-record.js';
import type { Session } from './session.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { SessionReader } from './session-reader.js';

/**
 * How far above the present generation a renewal goes that may be applied later than it was computed: no refresh in between comes up
 * to it, so all of them are superseded and none is in its way.
 */
const LEAP = 1_000;
/** Every attempt re-reads; each lost race means that another writer got through. */
const MAX_ATTEMPTS = 20;
/** Sessions whose rights are rewritten at the same time. */
const REWRITES_AT_ONCE = 100;

/** What an authentication proved. A session never claims more than its last one did (NIST SP 800-63B-4 §5.1). */
export interface Proven {
  /** Authentication methods (RFC 8176). */
  readonly amr: readonly string[];
  /** Authentication context class. */
  readonly acr: string;
}

/** A password, and nothing else. */
export const BY_PASSWORD: Proven = { amr: ['pwd'], acr: 'aal1' };

/** A session, and the generation of the credential by which it was found. */
interface Presented {
  readonly id: string;
  readonly generation: number;
}

/** What came of renewing one session and ending the others: a new secret, a new time of authentication, every older credential dead. */
export interface OthersEnded {
  readonly ended: readonly EndedSession[];
  /** `undefined`: the one to be renewed had ended meanwhile. The others are ended all the same. */
  readonly renewed: OpenedRecord | undefined;
}

/**
 * One attempt to end the others. It may be repeated: in the caller's transaction first, and after the commit without, to learn what
 * came of it.
 */
export type EndOthers = (transaction?: CallerTransaction) => Promise<OthersEnded | 'conflict' | 'deferred'>;

/** Changes records that others may be changing: read, compute, seal, write if nobody came between, else again. */
export class SessionRenewer {
  constructor(
    private readonly reader: SessionReader,
    private readonly store: SessionStore,
    private readonly copies: RecordCopies,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
    private readonly operation: () => string,
  ) {}

  /**
   * Gives a session a new secret after a re-authentication.
   * @throws FencedError, InvalidSessionError, ConflictError, StoreUnavailableError
   */
  async renew(session: Session, fence: Fence, proven: Proven, client?: ClientContext): Promise<OpenedRecord> {
    refuseImpersonated(session);
    return this.again(async () => {
      const { renewal, content } = await this.nextOf(session, proven, { client });
      const { outcome } = await this.store
        .renew(this.operation(), renewal, fence, this.clock.now())
        .finally(() => this.copies.evict(session.id)); // also where the answer was lost
      if (outcome === 'fenced') throw new FencedError();
      if (outcome === 'gone') throw new InvalidSessionError();
      return outcome === 'renewed' ? { record: renewal.record, content } : undefined;
    });
  }

  /**
   * Prepares to end all other sessions of the user and to renew this one, in one step (P2).
   * @throws InvalidSessionError when this one has ended before
   */
  async prepareToEndOthers(session: Session, subject: Subject, reason: EndReason, proven: Proven): Promise<EndOthers> {
    const { renewal, content } = await this.nextOf(session, proven, { step: this.store.appliesAfterCommit ? LEAP : 1 });
    const [operation, now] = [this.operation(), this.clock.now()];
    return async (transaction) => {
      const result = await this.copies.unlessKnown(subject.slot, () =>
        this.store.revokeAll(operation, subject, reason, now, { renew: renewal }, transaction),
      );
      this.copies.evict(session.id);
      if (result.outcome !== 'revoked') return result.outcome;
      return { ended: result.ended, renewed: result.spared ? { record: renewal.record, content } : undefined };
    };
  }

  /**
   * Ends all other sessions of the user and renews this one, in one step (P2).
   * @param prepared the first attempt, which may have been made already in a transaction of the caller
   * @throws InvalidSessionError when this one had ended before, ConflictError: the others may then still be alive
   */
  async endOthers(
    session: Session,
    subject: Subject,
    reason: EndReason,
    proven: Proven,
    prepared: EndOthers,
  ): Promise<OthersEnded> {
    let attempt: EndOthers | undefined = prepared;
    return this.again(async () => {
      const result = await (attempt ?? (await this.prepareToEndOthers(session, subject, reason, proven)))();
      attempt = undefined;
      return typeof result === 'string' ? undefined : result;
    });
  }

  /**
   * Changes a session's application data; `change` may be called again with newer data.
   * @throws DataTooLargeError, InvalidSessionError, ConflictError, StoreUnavailableError
   */
  async write(session: Presented, change: (data: SessionData) => SessionData): Promise<SessionData> {
    return this.again(async () => {
      const { record, content } = await this.read(session);
      const data = dataThatFits(change(content.data));
      const outcome = await this.reseal(record, { ...content, data }, 'data');
      if (outcome === 'gone') throw new InvalidSessionError();
      return outcome === 'written' ? data : undefined;
    });
  }

  /** Remembers where a session's client has gone. */
  async noteClient(id: string, client: ClientContext): Promise<void> {
    await this.again(async () => {
      const reading = await this.reader.byId(id, this.clock.now());
      if ('refused' in reading) return false;
      const { program } = clientOnRecord(reading.content);
      const moved = withClient(reading.content, { program, address: client.address });
      const outcome = await this.reseal(reading.record, moved, 'data');
      return outcome === 'conflict' ? undefined : true;
    });
  }

  /**
   * Gives sessions other rights, a few at a time: the store is not asked more at once than it may be. Those that have newer ones keep
   * them. Answers how many were changed.
   */
  async rewritePrincipals(sessions: readonly { readonly id: string }[], principal: Principal): Promise<number> {
    let changed = 0;
    for (let at = 0; at < sessions.length; at += REWRITES_AT_ONCE) {
      const some = sessions.slice(at, at + REWRITES_AT_ONCE);
      const done = await Promise.all(some.map(({ id }) => this.rewritePrincipal(id, principal)));
      changed += done.filter(Boolean).length;
    }
    return changed;
  }

  private async rewritePrincipal(id: string, principal: Principal): Promise<boolean> {
    return this.again(async () => {
      const reading = await this.reader.byId(id, this.clock.now());
      if ('refused' in reading || isNewer(reading.content.principal, principal)) return false;
      // Also where it has these very rights: whoever wrote them may have crashed before the journal had them.
      const outcome = await this.reseal(reading.record, { ...reading.content, principal }, 'rights');
      return outcome === 'conflict' ? undefined : outcome === 'written';
    });
  }

  private async reseal(record: SessionRecord, content: SealedContent, part: WrittenPart): Promise<WriteOutcome['outcome']> {
    const sealed = this.sealer.seal({ ...record, version: record.version + 1 }, content);
    const { outcome } = await this.store
      .write(this.operation(), record.id, sealed, record.version, this.clock.now(), part)
      .finally(() => this.copies.evict(record.id));
    return outcome;
  }

  /** The record with the next secret: above every generation that is known, so that no older credential is left. */
  private async nextOf(
    session: Session,
    proven: Proven,
    { client, step = 1 }: { readonly client?: ClientContext | undefined; readonly step?: number } = {},
  ): Promise<{ renewal: Renewal; content: SealedContent }> {
    const { record, content: before } = await this.read(session);
    const content = client ? withClient(before, { program: deviceLabel(client.userAgent), address: client.address }) : before;
    const now = this.clock.now();
    const generation = Math.max(record.generation, session.generation) + step;
    const next = {
      ...record,
      generation,
      minGeneration: generation,
      usedAt: 0,
      replays: 0,
      authenticatedAt: now,
      amr: proven.amr.join(' '),
      acr: proven.acr,
      lastSeenAt: now,
      version: record.version + 1,
    };
    return {
      renewal: { record: { ...next, sealed: this.sealer.seal(next, content) }, expectedVersion: record.version },
      content,
    };
  }

  private async read(session: Presented): Promise<OpenedRecord> {
    const reading = await this.reader.byId(session.id, this.clock.now());
    if ('refused' in reading || session.generation < reading.record.minGeneration) throw new InvalidSessionError();
    return reading;
  }

  private async again<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let i = 0; i < MAX_ATTEMPTS; i++) {
      const result = await attempt();
      if (result !== undefined) return result;
    }
    throw new ConflictError();
  }
}

function isNewer({ version }: Principal, than: Principal): boolean {
  return version !== undefined && than.version !== undefined && version > than.version;
}

function withClient(content: SealedContent, current: KnownClient): SealedContent {
  return { ...content, device: { ...content.device, current } };
}
