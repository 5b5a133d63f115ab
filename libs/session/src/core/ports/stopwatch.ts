/** A moment by two clocks: one that never goes back but may stand still while the machine sleeps, and one that does the opposite. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** Time for judging copies. */
export interface Stopwatch {
  now(): Moment;
}

/** Whether a moment lies at most so many milliseconds back, by both clocks. A wall clock that went back proves nothing, so that it does not. */
export function isWithin(moment: Moment, now: Moment, bound: number): boolean {
  const age = Math.max(now.monotonic - moment.monotonic, now.wall - moment.wall);
  return now.wall >= moment.wall && age <= bound;
}

/** The stopwatch of this process. */
export class SystemStopwatch implements Stopwatch {
  now(): Moment {
    return { monotonic: performance.now(), wall: Date.now() };
  }
}
