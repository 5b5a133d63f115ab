import { type CountedHit, Counters, type CountingRule, type PacedKey, type PacingRule } from '../ports/counters.js';
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

  override paceInTurn(keys: readonly PacedKey[], now: number): Promise<readonly CountedHit[]> {
    return this.pass('pace', () => this.inner.paceInTurn(keys, now), keys.length);
  }

  override takeBack(keys: readonly PacedKey[], forgotten: readonly PacedKey[] = []): Promise<void> {
    return this.pass('unpace', () => this.inner.takeBack(keys, forgotten), keys.length + forgotten.length);
  }

  reset(rule: CountingRule | PacingRule, key: string): Promise<void> {
    return this.pass('reset', () => this.inner.reset(rule, key));
  }

  private pass<T>(operation: StoreOperation, call: () => Promise<T>, records = 1): Promise<T> {
    if (this.telemetry === undefined) return this.gate.pass(call);
    return this.telemetry.watch({ operation, records, call: () => this.gate.pass(call) });
  }
}
