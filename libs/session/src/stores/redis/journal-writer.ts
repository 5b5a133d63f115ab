import { StoreUnavailableError } from '../../core/errors.js';
import type { Appended, Journal, JournalDraft } from '../../core/ports/journal.js';
import type { RelayListener } from '../../core/ports/relay.js';
import type { CallerTransaction, OperationId } from '../../core/ports/session-store.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import type { JournalRelay } from './journal-relay.js';
import { PROBE } from './journal-scripts.js';
import { decodeRecord } from './record-codec.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';
import { wordsOf } from './replies.js';

/** What Redis knew before something was written to the journal. */
export interface Probe {
  /** The outcome of the operation, when it has acted already. */
  readonly outcome: unknown;
  /** How far the journal of the slot has been applied. */
  readonly position: number;
  readonly record: SessionRecord | undefined;
  /** Milliseconds until the last session of the user ends at the latest. */
  readonly life: number;
}

interface Outstanding {
  readonly slot: string;
  readonly drafts: readonly JournalDraft[];
}

/** Writes to the journal, and has applied what it wrote. */
export class JournalWriter {
  /** What Redis has done and the journal could not be told. */
  private readonly outstanding = new Set<Outstanding>();

  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
    private readonly journal: Journal,
    private readonly relay: JournalRelay,
    private readonly listener: () => RelayListener | undefined,
  ) {}

  /** @param id a session to read as well, or empty */
  probe(slot: string, operation: OperationId, id = '', userId = ''): Promise<Probe> {
    const subject = { slot, userId };
    const keys = [
      this.keys.operation(slot, operation),
      this.keys.position(slot),
      id.startsWith(`${slot}.`) ? this.keys.session(id) : this.keys.session(`${slot}.`),
      ...this.keys.indexes(subject),
    ];
    return this.link.run(PROBE, keys, [], (reply) => {
      const [outcome = '', position, record, life] = wordsOf(reply);
      return {
        outcome: outcome === '' ? undefined : parsed(outcome),
        position: Number(position),
        record: decodeRecord(id, record),
        life: Number(life),
      };
    });
  }

  /** Applies what the journal has for a slot. @throws StoreUnavailableError */
  async catchUp(slot: string): Promise<void> {
    const positions = await this.relay.positions(this.link, [slot]);
    await this.relay.applyAfter(this.link, positions);
  }

  /** Whether an operation is in the journal. @throws StoreUnavailableError */
  async isWritten(operation: OperationId): Promise<boolean> {
    return (await this.journal.placeOf(operation)) !== undefined;
  }

  /**
   * Writes entries.
   * @param position what the slot was seen to have applied
   * @throws StoreUnavailableError, TransactionNotSupportedError
   */
  async write(
    slot: string,
    drafts: readonly JournalDraft[],
    position: number,
    transaction?: CallerTransaction,
  ): Promise<Appended> {
    const appended = await this.journal.append(slot, drafts, position, transaction);
    if (appended.previous < position && slot !== '*') this.listener()?.journalIsOlder(1);
    return appended;
  }

  /**
   * Writes what is to be done, and has it done; answers what came of it, whoever has applied it.
   * @throws StoreUnavailableError also when it was written: then it comes about all the same
   */
  async writeAndDo(slot: string, draft: JournalDraft, position: number): Promise<unknown> {
    const { sequences, previous } = await this.write(slot, [draft], position);
    const [sequence = 0] = sequences;
    const isNew = sequence > previous;
    if (isNew) {
      const { word, outcome } = await this.relay.apply(this.link, { ...draft, slot, sequence, settled: false }, previous);
      if (word !== 'behind' && outcome !== undefined) return outcome;
    }
    await this.catchUp(slot);
    const { outcome } = await this.probe(slot, draft.operation);
    // Redis holds it for applied and cannot say what came of it: perhaps the journal came back older in this moment.
    if (outcome === undefined) throw new StoreUnavailableError({ cause: new Error('What came of an entry is not known.') });
    return outcome;
  }

  /**
   * Writes what Redis has done already. When that fails it is tried again by the relay of this instance.
   * @throws StoreUnavailableError
   */
  async writeDone(slot: string, drafts: readonly JournalDraft[]): Promise<void> {
    const work = { slot, drafts };
    this.outstanding.add(work);
    await this.finish(work);
  }

  /** Writes what could not be written before. @throws StoreUnavailableError */
  async writeOutstanding(): Promise<void> {
    for (const work of this.outstanding) await this.finish(work);
  }

  private async finish(work: Outstanding): Promise<void> {
    const { slot, drafts } = work;
    const positions = await this.relay.positions(this.link, [slot]);
    const position = positions.get(slot) ?? 0;
    const { sequences, previous } = await this.write(slot, drafts, position);
    this.outstanding.delete(work);
    let before = previous;
    for (const [at, draft] of drafts.entries()) {
      const sequence = sequences[at] ?? 0;
      const { word } = await this.relay.apply(this.link, { ...draft, slot, sequence, settled: false }, before);
      if (word === 'behind') return this.catchUp(slot);
      before = sequence;
    }
  }
}

function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return value;
}

/** What is written of a record that must not come back older. */
export function keeping(operation: OperationId, record: SessionRecord, at: number): JournalDraft {
  return { operation, act: { kind: 'keep', record }, at, until: record.expiresAt };
}
