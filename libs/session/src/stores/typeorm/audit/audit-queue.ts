import type { AuditEntry } from '../../../core/audit/audit-entry.js';
import { StoreUnavailableError } from '../../../core/errors.js';
import { entryOf } from './audit-writer.js';

/** Entries that one transaction writes at the most. */
const BATCH = 200;
/** Milliseconds between attempts while the database is away. */
const PAUSE = 250;

/** Writes a batch, all or none. `mayBeThere`: an attempt before may have come through after all. */
export type WriteBatch = (entries: readonly AuditEntry[], mayBeThere: boolean) => Promise<void>;

/**
 * Entries on their way to the database, off the path of requests: the first goes at once, and those that come while it is written go
 * together. While the database is away they wait, up to a number; what comes beyond that is lost, and said to be, here and in the trail.
 */
export class AuditQueue {
  private waiting: AuditEntry[] = [];
  private isRunning = false;
  private underWay: Promise<void> | undefined;
  private isOver = false;
  private settlers: (() => void)[] = [];
  private wake: (() => void) | undefined;
  private isRepetition = false;
  private batchSize = BATCH;
  private untold = 0;
  private lostCount = 0;

  constructor(
    private readonly write: WriteBatch,
    private readonly limit: number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Entries that are not in the database yet. */
  get length(): number {
    return this.waiting.length;
  }

  /** Entries that never came there. */
  get lost(): number {
    return this.lostCount;
  }

  /** Takes an entry, if there is room. */
  add(entry: AuditEntry): boolean {
    if (this.waiting.length >= this.limit) {
      this.lose(1);
      return false;
    }
    this.tellLost(entry.at);
    this.waiting.push(entry);
    this.start();
    return true;
  }

  /** Waits until everything is written, or an attempt has failed. */
  settled(): Promise<void> {
    if (this.waiting.length === 0 || this.isRepetition) return Promise.resolve();
    return new Promise((resolve) => this.settlers.push(resolve));
  }

  /** Writes what is left, as long as that succeeds within so many milliseconds. Answers how many entries are lost. */
  async close(patience: number): Promise<number> {
    this.wake?.();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([this.drained(), late]);
    clearTimeout(timer);
    this.isOver = this.waiting.length > 0;
    this.wake?.();
    return this.waiting.length;
  }

  private async drained(): Promise<void> {
    while (this.waiting.length > 0 && !this.isOver) {
      this.start();
      await this.underWay;
    }
  }

  private start(): void {
    if (this.isRunning || this.isOver) return;
    this.isRunning = true;
    this.underWay = this.run();
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0 && !this.isOver) {
      const batch = this.waiting.slice(0, this.batchSize);
      try {
        await this.write(batch, this.isRepetition);
        this.waiting.splice(0, batch.length);
        this.isRepetition = false;
        this.batchSize = BATCH;
        this.tellLost(batch[0]?.at ?? 0);
      } catch (error) {
        await this.recover(batch, error);
      }
    }
    this.isRunning = false; // in the same turn in which it was seen that nothing waits: else what comes now would be left
    this.settle();
  }

  /** Where the database is away, the batch waits. One that it will not have is tried entry by entry, so that one does not stop all. */
  private async recover(batch: readonly AuditEntry[], error: unknown): Promise<void> {
    const isFirst = !this.isRepetition;
    this.isRepetition = true;
    this.settle();
    if (isFirst) this.onFailure(error);
    if (error instanceof StoreUnavailableError) return this.pause();
    if (batch.length > 1) this.batchSize = 1;
    else {
      this.waiting.shift();
      this.lose(1);
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSE);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private settle(): void {
    for (const settled of this.settlers.splice(0)) settled();
  }

  private lose(count: number): void {
    this.untold += count;
    this.lostCount += count;
  }

  /** Says in the trail how many entries are missing there, as soon as there is room for it. */
  private tellLost(at: number): void {
    if (this.untold === 0 || this.waiting.length + 1 >= this.limit) return;
    this.waiting.push(entryOf({ at, type: 'audit.lost', outcome: 'notice', level: 'warn', count: this.untold }));
    this.untold = 0;
  }
}
