import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { StoreCall, TelemetrySources } from '../../core/ports/telemetry.js';

/** Seconds. A call on a healthy Redis takes tenths of a millisecond; beyond 2 s the gate has given up, unless it was told otherwise. */
const CALL_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Seconds. The bound of a revocation is the host's choice: some seconds as a rule. */
const LAG_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How the session store does, as this instance sees it. */
export class StoreMetrics {
  private readonly calls: Histogram<'operation' | 'outcome'>;
  private readonly lag: Histogram;

  constructor(
    private readonly registers: Registry[],
    private readonly prefix: string,
  ) {
    this.calls = new Histogram({
      name: `${prefix}store_call_duration_seconds`,
      help: 'How long callers waited for the session store, or for the counters.',
      labelNames: ['operation', 'outcome'],
      buckets: CALL_BUCKETS,
      registers,
    });
    this.lag = new Histogram({
      name: `${prefix}revocation_lag_seconds`,
      help: 'How long after a session was ended or changed the feed told this instance.',
      buckets: LAG_BUCKETS,
      registers,
    });
  }

  called({ operation, outcome, duration }: StoreCall): void {
    this.calls.observe({ operation, outcome }, duration / 1_000);
  }

  changeHeard(lag: number): void {
    this.lag.observe(lag / 1_000);
  }

  /** Adds what is known without being told: read at each scrape. The store is not asked. */
  read({ storeState, auditFailures }: TelemetrySources): void {
    const gauge = (name: string, help: string, value: () => number) => {
      const { registers, prefix } = this;
      return new Gauge({
        name: `${prefix}${name}`,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    };
    const counter = (name: string, help: string, value: () => number) => {
      const { registers, prefix } = this;
      return new Counter({
        name: `${prefix}${name}`,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    };
    gauge('store_up', 'Whether the session store answered when it was asked last: 1 or 0.', () =>
      storeState().awayFor > 0 ? 0 : 1,
    );
    gauge('store_calls_under_way', 'Questions to the session store that wait for an answer.', () => storeState().underWay);
    counter(
      'store_calls_refused_total',
      'Questions refused unasked, since others were not answered.',
      () => storeState().refused,
    );
    counter(
      'stale_answers_total',
      'Requests answered from a copy, since the store could not be asked.',
      () => storeState().servedStale,
    );
    counter('audit_failures_total', 'How often a sink of the audit trail, or a listener, failed.', auditFailures);
  }
}
