/** One counting rule. Adapters key their counters by `name`, so two rules never share a count. */
export interface CountingRule {
  readonly name: string;
  /** Hits allowed within one window. */
  readonly limit: number;
  /** Length of the window in milliseconds, counted from its first hit. */
  readonly window: number;
}

export interface CountedHit {
  readonly allowed: boolean;
  /** Milliseconds until the window ends. */
  readonly resetIn: number;
}

/** Counts attempts across instances: login throttling, and later replay memory. Type and injection token in one. */
export abstract class Counters {
  /**
   * Counts one hit, atomically: n parallel hits are n hits. Over the limit a hit is refused.
   * @throws StoreUnavailableError
   */
  abstract hit(rule: CountingRule, key: string): Promise<CountedHit>;
  /**
   * Takes one hit back (an attempt that turned out to be good).
   * @throws StoreUnavailableError
   */
  abstract undo(rule: CountingRule, key: string): Promise<void>;
  /**
   * Forgets the count of a key.
   * @throws StoreUnavailableError
   */
  abstract reset(rule: CountingRule, key: string): Promise<void>;
}
