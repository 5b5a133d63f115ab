import { StoreUnavailableError } from '../src/core/errors.js';
import type { CountedHit, CountingRule, PacingRule } from '../src/core/ports/counters.js';
import { MemoryCounters } from '../src/stores/memory/memory.counters.js';

/** Counters that show what they were asked, and can be away. */
export class WatchedCounters extends MemoryCounters {
  readonly keys: string[] = [];
  /** What was asked, by method and rule, in order. */
  readonly calls: string[] = [];
  isAway = false;

  override async hit(rule: CountingRule, key: string): Promise<CountedHit> {
    this.note('hit', rule, key);
    return super.hit(rule, key);
  }

  override async undo(rule: CountingRule, key: string): Promise<void> {
    this.note('undo', rule, key);
    return super.undo(rule, key);
  }

  override async pace(rule: PacingRule, key: string, now: number, hits?: number): Promise<CountedHit> {
    this.note('pace', rule, key);
    return super.pace(rule, key, now, hits);
  }

  override async unpace(rule: PacingRule, key: string): Promise<void> {
    this.note('unpace', rule, key);
    return super.unpace(rule, key);
  }

  override async reset(rule: CountingRule | PacingRule, key: string): Promise<void> {
    this.note('reset', rule, key);
    return super.reset(rule, key);
  }

  private note(method: string, { name }: { readonly name: string }, key: string): void {
    if (this.isAway) throw new StoreUnavailableError();
    this.calls.push(`${method} ${name}`);
    this.keys.push(key);
  }
}
