import { setTimeout as wait } from 'node:timers/promises';
import { StoreUnavailableError } from '../src/core/errors.js';
import type { SessionStore } from '../src/core/ports/session-store.js';
import type { EndReason } from '../src/core/record/session-record.js';
import { type Method, PassingStore } from './passing-store.js';

/** Milliseconds after which a caller no longer repeats: as long as the Redis store remembers an outcome. */
const PATIENCE = 60_000;

/** From when to when, in milliseconds of `performance.now()`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A caller of a store as the port wants it: while the store cannot be asked, it repeats the call with the same operation id. */
export class RepeatingStore extends PassingStore {
  private calls = 0;
  /** From when to when each answered call took. */
  private readonly answered: Span[] = [];

  /** @param interruption what happens when a call of this number is made */
  constructor(
    inner: SessionStore,
    private readonly interruption?: { readonly atCall: number; readonly happens: () => void },
  ) {
    super(inner);
  }

  /** How many answered calls were under way in a span of time. */
  answeredOver({ from, to }: Span): number {
    return this.answered.filter((call) => call.from < to && from < call.to).length;
  }

  /** Without an operation id, a repetition counts only what attempts have left whose answers were lost: nobody knows how many there were. */
  override revokeEveryone(reason: EndReason): Promise<number> {
    let attempts = 0;
    return this.pass('revokeEveryone', async () => {
      attempts += 1;
      const count = await this.inner.revokeEveryone(reason);
      return attempts === 1 ? count : Number.POSITIVE_INFINITY;
    });
  }

  protected async pass<T>(_method: Method, call: () => Promise<T>): Promise<T> {
    this.calls += 1;
    if (this.calls === this.interruption?.atCall) this.interruption.happens();
    const from = performance.now();
    for (;;) {
      try {
        const answer = await call();
        this.answered.push({ from, to: performance.now() });
        return answer;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || performance.now() - from > PATIENCE) throw error;
        await wait(20);
      }
    }
  }
}
