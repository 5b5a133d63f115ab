import { MEMORY, STEP, stepOf } from './span.js';

/** What is known of each minute of the last day, and nothing of what was before. */
export class Steps<T> {
  private readonly known = new Map<number, T>();

  constructor(private readonly empty: () => T) {}

  /** What is known of the minute in which this moment is, to be added to. */
  at(moment: number): T {
    const step = stepOf(moment);
    const known = this.known.get(step) ?? this.empty();
    this.known.set(step, known);
    return known;
  }

  /** What is known from one moment on until before another, the oldest first. */
  between(from: number, until: number): readonly T[] {
    const found: T[] = [];
    for (let step = stepOf(from); step < until; step += STEP) {
      const known = this.known.get(step);
      if (known !== undefined) found.push(known);
    }
    return found;
  }

  /** Forgets what is older than the charts reach back. */
  forget(now: number): void {
    for (const step of this.known.keys()) if (step < stepOf(now) - MEMORY) this.known.delete(step);
  }
}
