import { ConflictError, DataTooLargeError, FencedError, InvalidSessionError } from './errors.js';
import type { Clock } from './ports/clock.js';
import type { Principal } from './ports/accounts.js';
import type { Fence, Renewal, SessionStore, Subject, WriteOutcome } from './ports/session-store.js';
import type { RecordCopies } from './revocation/record-copies.js';
import type { SealedContent, Sealer, SessionData } from './record/sealer.js';
import type { EndedSession, EndReason, SessionRecord } from './record/session-record.js';
import type { Session } from './session.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { SessionReader } from './session-reader.js';

/** The cap on a session's application data, in bytes of JSON. */
const MAX_DATA_BYTES = 4096;
/** Every attempt re-reads; each lost race means that another writer got through. */
const MAX_ATTEMPTS = 20;

/** What an authentication proved. A session never claims more than its last one did (NIST SP 800-63B-4 §5.1). */
export interface Proven {
  /** Authentication methods (RFC 8176). */
  readonly amr: readonly string[];
  /** Authentication context class. */
  readonly acr: string;
}

/** A password, and nothing else. */
export const BY_PASSWORD: Proven = { amr: ['pwd'], acr: 'aal1' };

/** What came of renewing one session and ending the others: a new secret, a new time of authentication, every older credential dead. */
export interface OthersEnded {
  readonly ended: readonly EndedSession[];
  /** `undefined`: the one to be renewed had ended meanwhile. The others are ended all the same. */
  readonly renewed: OpenedRecord | undefined;
}

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
  async renew(session: Session, fence: Fence, proven: Proven): Promise<OpenedRecord> {
    return this.again(async () => {
      const { renewal, content } = await this.nextOf(session, proven);
      const { outcome } = await this.store.renew(this.operation(), renewal, fence, this.clock.now());
      this.copies.evict(session.id);
      if (outcome === 'fenced') throw new FencedError();
      if (outcome === 'gone') throw new InvalidSessionError();
      return outcome === 'renewed' ? { record: renewal.record, content } : undefined;
    });
  }

  /**
   * Ends all other sessions of the user and renews this one, in one step (P2).
   * @throws InvalidSessionError when this one had ended before, ConflictError: the others may then still be alive
   */
  async renewAndEndOthers(session: Session, subject: Subject, reason: EndReason, proven: Proven): Promise<OthersEnded> {
    return this.again(async () => {
      const { renewal, content } = await this.nextOf(session, proven);
      const result = await this.store.revokeAll(this.operation(), subject, reason, this.clock.now(), { renew: renewal });
      this.copies.evict(session.id);
      if (result.outcome === 'conflict') return undefined;
      return { ended: result.ended, renewed: result.spared ? { record: renewal.record, content } : undefined };
    });
  }

  /**
   * Changes a session's application data; `change` may be called again with newer data.
   * @throws DataTooLargeError, InvalidSessionError, ConflictError, StoreUnavailableError
   */
  async write(session: Session, change: (data: SessionData) => SessionData): Promise<SessionData> {
    return this.again(async () => {
      const { record, content } = await this.read(session);
      const data = change(content.data);
      if (Buffer.byteLength(JSON.stringify(data)) > MAX_DATA_BYTES) throw new DataTooLargeError(MAX_DATA_BYTES);
      const outcome = await this.reseal(record, { ...content, data });
      if (outcome === 'gone') throw new InvalidSessionError();
      return outcome === 'written' ? data : undefined;
    });
  }

  /** Gives one session other rights. Answers whether it was still there. */
  async rewritePrincipal(id: string, principal: Principal): Promise<boolean> {
    return this.again(async () => {
      const reading = await this.reader.byId(id, this.clock.now());
      if ('refused' in reading) return false;
      const outcome = await this.reseal(reading.record, { ...reading.content, principal });
      return outcome === 'conflict' ? undefined : outcome === 'written';
    });
  }

  private async reseal(record: SessionRecord, content: SealedContent): Promise<WriteOutcome['outcome']> {
    const sealed = this.sealer.seal({ ...record, version: record.version + 1 }, content);
    const { outcome } = await this.store.write(this.operation(), record.id, sealed, record.version, this.clock.now());
    this.copies.evict(record.id);
    return outcome;
  }

  /** The record with the next secret: above every generation that is known, so that no older credential is left. */
  private async nextOf(session: Session, proven: Proven): Promise<{ renewal: Renewal; content: SealedContent }> {
    const { record, content } = await this.read(session);
    const now = this.clock.now();
    const generation = Math.max(record.generation, session.generation) + 1;
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

  private async read(session: Session): Promise<OpenedRecord> {
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
