import { afterReading } from './after-reading.js';
import { grouped } from './grouped.js';
import type { SessionStore } from './ports/session-store.js';
import type { SessionRecord } from './record/session-record.js';
import type { Moment, Stopwatch } from './ports/stopwatch.js';

/** What a look-up found, and when the question was sent. */
export interface Found {
  readonly record: SessionRecord | undefined;
  readonly sentAt: Moment;
}

interface Waiting {
  readonly id: string;
  readonly place: string;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks records up. Requests that wait in the same turn of the event loop travel in one command, if their records are kept in one
 * place; none joins one already sent.
 */
export class RecordLookup {
  private waiting: Waiting[] = [];

  constructor(
    private readonly store: SessionStore,
    private readonly stopwatch: Stopwatch,
  ) {}

  /** Finds one record. */
  find(id: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      const place = this.store.placeOf(id); // here, so that it fails nobody else
      if (this.waiting.push({ id, place, resolve, reject }) === 1) afterReading(() => this.send());
    });
  }

  private send(): void {
    const batch = this.waiting;
    this.waiting = [];
    for (const together of grouped(batch, ({ place }) => place).values()) void this.ask(together);
  }

  private async ask(together: readonly Waiting[]): Promise<void> {
    const sentAt = this.stopwatch.now();
    try {
      const records = await this.store.find(together.map(({ id }) => id));
      together.forEach(({ resolve }, at) => resolve({ record: records[at], sentAt }));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
}
