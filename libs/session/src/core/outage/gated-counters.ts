import { type CountedHit, Counters, type CountingRule, type PacingRule } from '../ports/counters.js';
import type { StoreOperation } from '../ports/telemetry.js';
import type { TelemetryHub } from '../telemetry/telemetry-hub.js';
import type { StoreGate } from './store-gate.js';

/** Counters behind a gate. A hit that is refused unasked is no free attempt: the password is not looked at either. */
export class GatedCounters extends Counters {
  constructor(
    private readonly inner: Counters,
    private readonly gate: StoreGate,
    private readonly telemetry?: TelemetryHub,
  ) {
    super();
  }

  hit(rule: CountingRule, key: string): Promise<CountedHit> {
    return this.pass('hit', () => this.inner.hit(rule, key));
  }

  undo(rule: CountingRule, key: string): Promise<void> {
    return this.pass('undo', () => this.inner.undo(rule, key));
  }

  pace(rule: PacingRule, key: string, now: number, hits?: number): Promise<CountedHit> {
    return this.pass('pace', () => this.inner.pace(rule, key, now, hits));
  }

  unpace(rule: PacingRule, key: string): Promise<void> {
    return this.pass('unpace', () => this.inner.unpace(rule, key));
  }

  reset(rule: CountingRule | PacingRule, key: string): Promise<void> {
    return this.pass('reset', () => this.inner.reset(rule, key));
  }

  private pass<T>(operation: StoreOperation, call: () => Promise<T>): Promise<T> {
    if (this.telemetry === undefined) return this.gate.pass(call);
    return this.telemetry.watch({ operation, records: 1, call: () => this.gate.pass(call) });
  }
}
