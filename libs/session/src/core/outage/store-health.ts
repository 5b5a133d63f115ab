import type { SessionStore } from '../ports/session-store.js';
import type { StaleAnswers } from './stale-answers.js';
import type { GateState, StoreGate } from './store-gate.js';

/** No session has this id. */
const PROBE = '0000.readiness';

/** What this instance knows of its session store without asking: for metrics. */
export interface StoreState extends GateState {
  /** Requests answered from a copy since the start because the store could not be asked (`serveStale`). */
  readonly servedStale: number;
}

/** How the session store does: for readiness probes and metrics of a host. */
export class StoreHealth {
  constructor(
    private readonly store: SessionStore,
    private readonly gate: StoreGate,
    private readonly stale: StaleAnswers,
  ) {}

  /** What is known without asking. */
  get state(): StoreState {
    return { ...this.gate.state, servedStale: this.stale.count };
  }

  /**
   * Asks the store, and answers what keeps it from serving, each with its cure; empty when it answers and is fit. Never fails, and
   * takes no longer than `storeLimits.deadline` allows two calls. A probe finds out by itself that the store is back, without
   * any other request.
   */
  async obstacles(): Promise<readonly string[]> {
    try {
      await this.store.find([PROBE]); // as a request asks: a store may answer other questions, and not these
      return await this.store.faults();
    } catch {
      const { obstacle } = this.store;
      if (obstacle !== undefined) return [obstacle];
      const { awayFor } = this.gate.state;
      const since = awayFor > 0 ? ` (for ${Math.ceil(awayFor / 1_000)} s)` : '';
      return [`The session store does not answer${since}: see that it runs and can be reached. It is asked again by itself.`];
    }
  }
}
