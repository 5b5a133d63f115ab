import type { AuditTrouble } from './audit/audit.js';
import type { SessionEventListener } from './events.js';
import type { StoreGate } from './outage/store-gate.js';
import type { AuditSink } from './ports/audit-sink.js';
import { type Clock, SystemClock } from './ports/clock.js';
import type { Counters } from './ports/counters.js';
import type { SessionStore } from './ports/session-store.js';
import type { Stopwatch } from './ports/stopwatch.js';
import { StoreClock } from './ports/store-clock.js';
import type { Telemetry } from './ports/telemetry.js';

/** What the core is given by its host: where things are kept, what time it is, and who is told. */
export interface CoreAdapters {
  readonly store: SessionStore;
  readonly counters: Counters;
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

/** The store's clock, measured before anything is judged: what ends sessions must not start with a clock that is a day off. */
export async function storeClock(store: SessionStore, gate: StoreGate): Promise<Clock> {
  // Aside: were it the call that tries a shut gate, the request that reads the clock would itself be refused.
  const time = () => gate.pass(() => store.time(), { kind: 'aside' });
  const clock = new StoreClock({ time }, new SystemClock());
  await clock.measure();
  return clock;
}
