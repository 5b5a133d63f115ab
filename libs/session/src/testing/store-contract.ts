import type { SessionStore } from '../core/ports/session-store.js';
import type { Bench } from './contract/bench.js';
import { censusClaims } from './contract/census-claims.js';
import { changeClaims, type FeedReach } from './contract/change-claims.js';
import { fenceClaims } from './contract/fence-claims.js';
import { limitClaims } from './contract/limit-claims.js';
import { raceClaims } from './contract/race-claims.js';
import { recordClaims } from './contract/record-claims.js';
import { refreshClaims } from './contract/refresh-claims.js';
import { renewalClaims } from './contract/renewal-claims.js';
import { repetitionClaims } from './contract/repetition-claims.js';
import { revocationClaims } from './contract/revocation-claims.js';

/** The four functions of a test runner that the contract needs: of Jest or Vitest as they are, of node:test with `before` and `after`. */
export interface ContractRunner {
  describe(name: string, define: () => void): unknown;
  it(name: string, proof: () => Promise<void>, timeout?: number): unknown;
  beforeAll(prepare: () => Promise<void>): unknown;
  afterAll(cleanUp: () => Promise<void>): unknown;
}

/** A store under proof. */
export interface StoreUnderContract {
  readonly store: SessionStore;
  /** Another instance over the same data, best with a connection of its own: the races use both. */
  readonly peer?: SessionStore;
  /** Breaks the connection over which the peer hears of changes, and lets it mend by itself. Needed where the feed is `shared`. */
  breakFeed?(): Promise<void>;
  /** Closes what was opened for the proof. */
  close(): Promise<void>;
}

/** How thoroughly the contract is proved. */
export interface StoreContractOptions {
  /** How often each race is run. Default 200. */
  readonly rounds?: number;
  /** Milliseconds that one claim may take. Default 60,000. */
  readonly timeout?: number;
  /**
   * Whom the store's `changes` tell: nobody (`none`, the default), listeners of the same store object (`process`), or those of
   * every instance over the same data (`shared`).
   */
  readonly feed?: FeedReach;
}

const themes = (feed: FeedReach) => ({
  records: recordClaims,
  fences: fenceClaims,
  'session limits': limitClaims,
  refresh: refreshClaims,
  renewal: renewalClaims,
  revocation: revocationClaims,
  'repeated calls': repetitionClaims,
  races: raceClaims,
  census: censusClaims,
  changes: changeClaims(feed),
});

/**
 * Proves that a store keeps the contract of the {@link SessionStore} port, every property and every race (design §2, §5). The
 * claims are facts of the port, not of an adapter: a store of your own passes them too, or is not one.
 *
 * @param makeStore makes the store once for the whole suite, empty or not; users and ids of the suite are its own, but
 *   `revokeEveryone` is called, so give it a prefix or database that nobody else uses
 */
export function storeContract(
  runner: ContractRunner,
  makeStore: () => Promise<StoreUnderContract>,
  options: StoreContractOptions = {},
): void {
  const { rounds = 200, timeout = 60_000, feed = 'none' } = options;
  runner.describe('the store contract', () => {
    let made: StoreUnderContract | undefined;
    runner.beforeAll(async () => {
      made = await makeStore();
    });
    runner.afterAll(async () => made?.close());
    const bench = (): Bench => {
      if (!made) throw new Error('The runner has not called beforeAll before the claims.');
      const { store, peer = store } = made;
      return { store, peer, rounds, breakFeed: made.breakFeed && (() => made?.breakFeed?.() ?? Promise.resolve()) };
    };
    for (const [theme, state] of Object.entries(themes(feed))) {
      runner.describe(theme, () => state((claim, proof) => runner.it(claim, () => proof(bench()), timeout)));
    }
  });
}
