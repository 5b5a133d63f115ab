/** A moment by two clocks: one that never goes back but may stand still while the machine sleeps, and one that does the opposite. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** Time for judging copies. */
export interface Stopwatch {
  now(): Moment;
}

/** The stopwatch of this process. */
export class SystemStopwatch implements Stopwatch {
  now(): Moment {
    return { monotonic: performance.now(), wall: Date.now() };
  }
}
