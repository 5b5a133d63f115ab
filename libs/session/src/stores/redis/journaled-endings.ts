import { EVERY_SLOT, type JournalAct, type JournalDraft } from '../../core/ports/journal.js';
import type { RelayListener } from '../../core/ports/relay.js';
import type {
  CallerTransaction,
  OperationId,
  Renewal,
  RevokeAllOutcome,
  Spared,
  Subject,
} from '../../core/ports/session-store.js';
import type { EndedSession, EndReason, SessionRecord } from '../../core/record/session-record.js';
import { slotOf } from '../../core/record/session-id.js';
import type { JournalWriter } from './journal-writer.js';
import type { RedisSessionStore } from './redis-session.store.js';
import { revokeAllOutcome, revokeOutcome } from './replies.js';

/** Milliseconds for which the end of all sessions of a user is kept at the least: a login under way may make one that lives longer. */
export const KEPT_AT_LEAST = 30 * 86_400_000;

/** Endings that are asked for: written to the journal first, and then carried out. */
export class JournaledEndings {
  constructor(
    private readonly inner: RedisSessionStore,
    private readonly writer: JournalWriter,
    private readonly listener: () => RelayListener | undefined,
  ) {}

  /** Ends one session. @throws StoreUnavailableError */
  async revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined> {
    const slot = slotOf(id);
    const probe = await this.writer.probe(slot, operation, id);
    if (probe.outcome !== undefined) return revokeOutcome(probe.outcome, id);
    if (!probe.record) return undefined;
    const act: JournalAct = { kind: 'end', id, reason };
    const draft = { operation, act, at: now, until: probe.record.expiresAt };
    return revokeOutcome(await this.writer.writeAndDo(slot, draft, probe.position), id);
  }

  /** Ends every session of a user, as the port says. @throws StoreUnavailableError, ConflictError, TransactionNotSupportedError */
  async revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
    transaction?: CallerTransaction,
  ): Promise<RevokeAllOutcome> {
    const { slot, userId } = subject;
    const renewal = spared && 'renew' in spared ? spared.renew : undefined;
    const probe = await this.writer.probe(slot, operation, renewal?.record.id ?? '', userId);
    const act: JournalAct = { kind: 'endAll', userId, reason, ...(spared ? { spared } : {}) };
    const draft: JournalDraft = { operation, act, at: now, until: now + Math.max(probe.life, KEPT_AT_LEAST) };
    if (transaction) {
      if (renewal && probe.record && !fits(renewal, probe.record)) return { outcome: 'conflict' };
      await this.writer.write(slot, [draft], probe.position, transaction);
      return { outcome: 'deferred' };
    }
    if (!renewal) {
      const outcome = probe.outcome ?? (await this.writer.writeAndDo(slot, draft, probe.position));
      return revokeAllOutcome(outcome, slot, userId);
    }
    // Only Redis knows, in one step, whether the renewal fits: so it is done first, unless a transaction has written it already.
    if (probe.outcome === undefined && (await this.writer.isWritten(operation))) {
      return revokeAllOutcome(await this.writer.writeAndDo(slot, draft, probe.position), slot, userId);
    }
    const outcome = await this.inner.revokeAll(operation, subject, reason, now, spared);
    if (outcome.outcome !== 'revoked') return outcome;
    if (probe.outcome === undefined) this.listener()?.ended(outcome.ended, reason);
    await this.writer.writeDone(slot, [draft]);
    return outcome;
  }

  /** Writes that every session ends which was created up to `at`. @throws StoreUnavailableError */
  async writeEveryone(reason: EndReason, at: number): Promise<void> {
    const act = { kind: 'everyone', reason } as const;
    const draft: JournalDraft = { operation: `everyone:${at}`, act, at, until: at + KEPT_AT_LEAST };
    await this.writer.write(EVERY_SLOT, [draft], 0);
  }
}

function fits({ record, expectedVersion }: Renewal, stored: SessionRecord): boolean {
  return stored.version === expectedVersion && stored.generation < record.generation && stored.expiresAt === record.expiresAt;
}
