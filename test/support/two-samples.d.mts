/** What two samples have to do with each other. */
export interface Comparison {
  /** The chance that a value of the first is above one of the second: 0.5 where nothing tells them apart. */
  readonly above: number;
  /** Mann-Whitney U, two-sided, by the normal approximation with ties corrected. */
  readonly mannWhitney: number;
  /** The largest distance between the two distributions (Kolmogorov-Smirnov), and its asymptotic p. */
  readonly distance: number;
  readonly kolmogorovSmirnov: number;
}

export function compare(first: readonly number[], second: readonly number[]): Comparison;

/** The smallest shift of the first sample, in steps of so much, that `compare` would tell with p < 0.01. */
export function smallestShiftTold(first: readonly number[], second: readonly number[], step: number): number;

export function median(values: readonly number[]): number;
