import type { AuditSink } from '../core/ports/audit-sink.js';
import type { Counters } from '../core/ports/counters.js';
import type { Journal } from '../core/ports/journal.js';
import type { SessionStore } from '../core/ports/session-store.js';

/** A database of the application. */
interface Opened {
  /** Where the application keeps its audit trail, if that lies there: what is ended by the command line is told there. */
  readonly audit: readonly AuditSink[];
  readonly close: () => Promise<void>;
}

/** The adapters of the store that was named. */
export interface OpenedStore extends Opened {
  readonly store: SessionStore;
  readonly counters: Counters;
}

/** What lies beside a Redis with a journal. */
export interface OpenedJournal extends Opened {
  readonly journal: Journal;
}
