import { median } from '../support/two-samples.mjs';
import { cpuTime } from './cpu-time.mjs';

/** Calls of one kind on one store: how long each took, and the CPU time of the server under all of them. */
export class Samples {
  times = [];
  serverTime = 0;

  constructor(place) {
    this.place = place;
  }

  /** Makes a call about each, one after the other. */
  async take(subjects, call) {
    const before = cpuTime(this.place.processes());
    for (const subject of subjects) {
      const begun = performance.now();
      await call(subject);
      this.times.push(performance.now() - begun);
    }
    this.serverTime += cpuTime(this.place.processes()) - before;
  }

  /** Milliseconds of the middle call. */
  get milliseconds() {
    return median(this.times);
  }

  /** Microseconds of the server's CPU per call; no number where the system does not tell. */
  get serverMicroseconds() {
    return this.serverTime / this.times.length / 1_000;
  }
}
