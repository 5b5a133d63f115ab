import { type CountedHit, Counters, type CountingRule, type PacingRule } from '../ports/counters.js';
import type { StoreGate } from './store-gate.js';

/** Counters behind a gate. A hit that is refused unasked is no free attempt: the password is not looked at either. */
export class GatedCounters extends Counters {
  constructor(
    private readonly inner: Counters,
    private readonly gate: StoreGate,
  ) {
    super();
  }

  hit(rule: CountingRule, key: string): Promise<CountedHit> {
    return this.gate.pass(() => this.inner.hit(rule, key));
  }

  undo(rule: CountingRule, key: string): Promise<void> {
    return this.gate.pass(() => this.inner.undo(rule, key));
  }

  pace(rule: PacingRule, key: string, now: number, hits?: number): Promise<CountedHit> {
    return this.gate.pass(() => this.inner.pace(rule, key, now, hits));
  }

  unpace(rule: PacingRule, key: string): Promise<void> {
    return this.gate.pass(() => this.inner.unpace(rule, key));
  }

  reset(rule: CountingRule | PacingRule, key: string): Promise<void> {
    return this.gate.pass(() => this.inner.reset(rule, key));
  }
}
