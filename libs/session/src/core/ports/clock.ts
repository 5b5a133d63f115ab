/** Where the time comes from. Passed in everywhere, so that tests need no waiting. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract now(): number;
}

/** The clock of this machine. */
export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }
}
