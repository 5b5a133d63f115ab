import { StoreUnavailableError } from '../src/core/errors.js';
import type { CountedHit, CountingRule } from '../src/core/ports/counters.js';
import { MemoryCounters } from '../src/stores/memory/memory.counters.js';

/** Counters that show what they were asked, and can be away. */
export class WatchedCounters extends MemoryCounters {
  readonly keys: string[] = [];
  isAway = false;

  override async hit(rule: CountingRule, key: string): Promise<CountedHit> {
    this.note(key);
    return super.hit(rule, key);
  }

  override async undo(rule: CountingRule, key: string): Promise<void> {
    this.note(key);
    return super.undo(rule, key);
  }

  override async reset(rule: CountingRule, key: string): Promise<void> {
    this.note(key);
    return super.reset(rule, key);
  }

  private note(key: string): void {
    if (this.isAway) throw new StoreUnavailableError();
    this.keys.push(key);
  }
}
