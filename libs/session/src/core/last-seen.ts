import type { Background } from './background.js';
import type { SessionStore } from './ports/session-store.js';
import { touchInterval } from './record/lifetimes.js';
import type { SessionRecord } from './record/session-record.js';
import type { RecordCopies } from './revocation/record-copies.js';

/** Keeps sessions alive that are used: few writes, and none that a request waits for. */
export class LastSeen {
  constructor(
    private readonly store: SessionStore,
    private readonly copies: RecordCopies,
    private readonly background: Background,
  ) {}

  /** To be called at each use. */
  note({ id, lastSeenAt, idleTimeout }: SessionRecord, now: number): void {
    if (now - lastSeenAt < touchInterval(idleTimeout)) return;
    void this.background.run(`touch ${id}`, async () => {
      await this.store.touch(id, now);
      this.copies.amend(id, { lastSeenAt: now });
    });
  }
}
