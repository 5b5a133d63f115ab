/** Milliseconds: shorter than this is all the same. */
const SHORTEST = 0.05;
/** How much longer each bucket reaches than the one before: no answer is further off than that. */
const FACTOR = 2 ** 0.25;

/** How long many things took, in a few numbers: exact to a fifth. */
export class Durations {
  private readonly counts = new Map<number, number>();

  /** Adds one, in milliseconds. */
  add(duration: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(duration / SHORTEST) / Math.log(FACTOR)));
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
  }

  /** What this part of them took at the most, in milliseconds; `undefined` where there are none. */
  static quantile(part: number, all: readonly Durations[]): number | undefined {
    const counts = new Map<number, number>();
    for (const one of all) for (const [bucket, count] of one.counts) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    let reached = 0;
    for (const bucket of [...counts.keys()].toSorted((a, b) => a - b)) {
      reached += counts.get(bucket) ?? 0;
      if (reached >= part * total) return SHORTEST * FACTOR ** bucket;
    }
    return undefined;
  }
}
