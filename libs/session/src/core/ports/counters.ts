/** One counting rule. Adapters key their counters by `name`, so two rules never share a count. */
export interface CountingRule {
  readonly name: string;
  /** Hits allowed within one window. */
  readonly limit: number;
  /** Length of the window in milliseconds, counted from its first hit. */
  readonly window: number;
}

/** A rule that slows down: so many hits at once, then one at a time, each after twice the pause. Durations are milliseconds. */
export interface PacingRule {
  /** Adapters key their counts by it, so two rules never share one. */
  readonly name: string;
  /** Hits that wait for nothing. */
  readonly free: number;
  /** The pause after the last of them; each further hit doubles it. */
  readonly pause: number;
  /** The longest pause. */
  readonly longest: number;
  /** How long hits are remembered, counted from the first of them; a pause under way is never cut short. */
  readonly window: number;
  /** Whether every hit begins the window anew: then only so long a silence forgets. */
  readonly renews?: boolean;
}

export interface CountedHit {
  readonly allowed: boolean;
  /** Hits counted so far, this one included: of n parallel hits that are allowed, no two are told the same. */
  readonly count: number;
  /** Milliseconds until the window ends; of a paced hit, until the next one is allowed. */
  readonly resetIn: number;
}

/** What paced hits are counted under. */
export interface PacedKey {
  readonly rule: PacingRule;
  readonly key: string;
}

/** Counts attempts across instances: login throttling, and which DPoP proofs were used. Type and injection token in one. */
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
   * Counts a hit that may have to wait for its turn, atomically: `pace` of core/login/pacing.ts is the decision, under whatever lock the store has.
   * One that comes too early is refused and not counted, so that nobody is kept out by trying.
   * @param now milliseconds since the epoch; the store's own clock only cleans up
   * @param hits how many it counts for
   * @throws StoreUnavailableError
   */
  abstract pace(rule: PacingRule, key: string, now: number, hits?: number): Promise<CountedHit>;
  /**
   * Takes a paced hit back, with the pause that it began.
   * @throws StoreUnavailableError
   */
  abstract unpace(rule: PacingRule, key: string): Promise<void>;
  /**
   * Paces one hit under each of some keys, in their order, until one is refused: what comes after that is not counted. Each is
   * counted as by {@link pace}. An adapter to which a call is dear makes one of them all.
   * @returns the hits up to the refused one, itself included
   * @throws StoreUnavailableError
   */
  async paceInTurn(keys: readonly PacedKey[], now: number): Promise<readonly CountedHit[]> {
    const hits: CountedHit[] = [];
    for (const { rule, key } of keys) {
      const hit = await this.pace(rule, key, now);
      hits.push(hit);
      if (!hit.allowed) break;
    }
    return hits;
  }
  /**
   * Takes one paced hit back under each of some keys, as by {@link unpace}, and forgets what was counted under others.
   * @throws StoreUnavailableError
   */
  async takeBack(keys: readonly PacedKey[], forgotten: readonly PacedKey[] = []): Promise<void> {
    await Promise.all([
      ...keys.map(({ rule, key }) => this.unpace(rule, key)),
      ...forgotten.map(({ rule, key }) => this.reset(rule, key)),
    ]);
  }
  /**
   * Forgets the count of a key.
   * @throws StoreUnavailableError
   */
  abstract reset(rule: CountingRule | PacingRule, key: string): Promise<void>;
}
