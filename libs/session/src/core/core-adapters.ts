import type { AuditTrouble } from './audit/audit.js';
import type { SessionEventListener } from './events.js';
import type { AuditSink } from './ports/audit-sink.js';
import type { Clock } from './ports/clock.js';
import type { Counters } from './ports/counters.js';
import type { FormerEndings } from './ports/former-sessions.js';
import type { SessionStore } from './ports/session-store.js';
import type { Stopwatch } from './ports/stopwatch.js';
import type { Telemetry } from './ports/telemetry.js';
import type { FormerTrouble } from './upgrade/former-users.js';

/** What the core is given by its host: where things are kept, what time it is, and who is told. */
export interface CoreAdapters {
  readonly store: SessionStore;
  readonly counters: Counters;
  /** Where former sessions end with all others, and are not exchanged here. Default: those of the options. */
  readonly formerEndings?: FormerEndings | undefined;
  readonly onFormerTrouble?: FormerTrouble | undefined;
  /** Default: the store's own clock, followed by a measured offset. */
  readonly clock?: Clock | undefined;
  readonly onEvent?: SessionEventListener | undefined;
  /** Where the audit trail is kept. Default: nowhere. */
  readonly audit?: readonly AuditSink[] | undefined;
  /** Told when one of these fails. */
  readonly onAuditTrouble?: AuditTrouble | undefined;
  /** Who is told how the sessions and their store do. Default: nobody. */
  readonly telemetry?: readonly Telemetry[] | undefined;
  /** For judging copies of records, and how long the store is away; given in tests only. */
  readonly stopwatch?: Stopwatch | undefined;
}
