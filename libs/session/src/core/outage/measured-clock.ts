import { type Clock, SystemClock } from '../ports/clock.js';
import type { SessionStore } from '../ports/session-store.js';
import { StoreClock } from '../ports/store-clock.js';
import type { StoreGate } from './store-gate.js';

/** The store's clock, measured before anything is judged: what ends sessions must not start with a clock that is a day off. */
export async function measuredClock(store: SessionStore, gate: StoreGate): Promise<Clock> {
  // Aside: were it the call that tries a shut gate, the request that reads the clock would itself be refused.
  const time = () => gate.pass(() => store.time(), { kind: 'aside' });
  const clock = new StoreClock({ time }, new SystemClock());
  await clock.measure();
  return clock;
}
