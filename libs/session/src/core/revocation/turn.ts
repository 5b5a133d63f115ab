import { afterReading } from '../after-reading.js';
import type { Stopwatch } from '../ports/stopwatch.js';

/** Milliseconds that it may take to handle those who go on together: by so much may the last of them be handled after all were judged. */
const TOGETHER_FOR = 10;

/**
 * Lets requests wait until everything that was there to be read has been read. What came in together then goes on together, each step of
 * one followed by the same step of the next, and is answered together: an answer that is written while others are still worked on wakes
 * whoever waits for it, the proxy or the client, once for each, and that costs this process more than the answer itself
 * (docs/performance.md).
 *
 * Those who go on together are judged before the first of them is handled. So there are only as many of them as are handled in a moment:
 * twice as many as the last time, if that was short, and one by one again where handlers hold the process up.
 */
export class Turn {
  private waiting: (() => void)[] = [];
  private together = 1;
  private last: { readonly count: number; readonly startedAt: number } | undefined;
  private looksToCome = 0;

  constructor(private readonly stopwatch: Stopwatch) {}

  /** Resolves at the end of the turn. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.looksToCome += 1;
      afterReading(this.look); // one for each: the look after that of a group tells how long the group took
    });
  }

  private readonly look = (): void => {
    this.looksToCome -= 1;
    if (!this.last && this.waiting.length === 0) return;
    const startedAt = this.stopwatch.now().monotonic;
    if (this.last) this.learn(this.last.count, startedAt - this.last.startedAt);
    const group = this.waiting.splice(0, this.together);
    // Without another look to come the next one may be after a pause, which is nobody's handling.
    this.last = group.length > 0 && this.looksToCome > 0 ? { count: group.length, startedAt } : undefined;
    for (const goOn of group) goOn();
  };

  private learn(count: number, took: number): void {
    if (took > TOGETHER_FOR) this.together = Math.max(1, Math.floor((count * TOGETHER_FOR) / took));
    else if (count === this.together && 2 * took <= TOGETHER_FOR) this.together *= 2;
  }
}
