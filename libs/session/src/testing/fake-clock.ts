import { Clock } from '../core/ports/clock.js';

/** A clock that stands still until it is told to move. */
export class FakeClock extends Clock {
  /** @param time milliseconds since the Unix epoch; default a round moment in 2033 */
  constructor(private time = 2_000_000_000_000) {
    super();
  }

  now(): number {
    return this.time;
  }

  /** Moves the time on. @param duration milliseconds */
  advance(duration: number): void {
    this.time += duration;
  }
}
