import { Clock } from '../src/core/ports/clock.js';

/** A clock that stands still until it is moved: no spec waits. */
export class ManualClock extends Clock {
  constructor(private time = 1_700_000_000_000) {
    super();
  }

  now(): number {
    return this.time;
  }

  forward(milliseconds: number): void {
    this.time += milliseconds;
  }

  moveTo(time: number): void {
    this.time = time;
  }
}
