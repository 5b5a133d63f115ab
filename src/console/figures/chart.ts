/** One line, or one row of bars. */
export interface Series {
  readonly name: string;
  /** One for each slot; `undefined` where nothing is known. */
  readonly values: readonly (number | undefined)[];
}

/** A picture of figures over time, with all that it says in words and numbers. */
export interface Chart {
  /** Names it in the page. */
  readonly id: string;
  readonly title: string;
  /** Where the figures come from: the audit trail of all instances, or this one alone. */
  readonly from: 'all' | 'this';
  /** What counts most. */
  readonly headline: string;
  /** What a person sees in the picture. */
  readonly summary: string;
  /** Whether somebody should look at it. */
  readonly alarming: boolean;
  /** What the upper edge stands for. */
  readonly top: string;
  readonly names: readonly string[];
  /** What to draw, for each name: `d` of an SVG path. */
  readonly paths: readonly string[];
  /** When each slot began (UTC), and what it has. The newest first, as people look for it. */
  readonly rows: readonly (readonly string[])[];
}
