import type { Moment, Stopwatch } from '../src/core/ports/stopwatch.js';

/** A stopwatch that stands still until it is told to move. */
export class HeldStopwatch implements Stopwatch {
  monotonic = 1_000;
  wall = 2_000_000_000_000;

  now(): Moment {
    return { monotonic: this.monotonic, wall: this.wall };
  }

  forward(duration: number): void {
    this.monotonic += duration;
    this.wall += duration;
  }
}
