import type { StoreName } from './stores.js';

/** How often each race is run behind each adapter: 200 times with memory and with Redis. */
const ROUNDS = 100;
/**
 * How often where sessions lie in SQL, and a round takes ten times as long: the store contract races the steps beneath 200 times on
 * each of these engines, and a lock that was left out lost 1,932 races of 2,000.
 */
const ROUNDS_ON_SQL = 25;

/** Runs a race again and again, and tells which round failed. */
export async function rounds(storeName: StoreName, race: (round: number) => Promise<void>): Promise<void> {
  const count = storeName === 'memory' || storeName === 'redis' ? ROUNDS : ROUNDS_ON_SQL;
  for (let round = 0; round < count; round++) {
    try {
      await race(round);
    } catch (error) {
      throw new Error(`Round ${round} of ${count}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}

/** Runs all at once, in an order that differs from round to round. */
export function atOnce<T>(round: number, ...tasks: (() => Promise<T>)[]): Promise<T[]> {
  const turn = round % tasks.length;
  const results = Array.from<Promise<T> | undefined>({ length: tasks.length });
  for (let i = 0; i < tasks.length; i++) {
    const at = (i + turn) % tasks.length;
    results[at] = tasks[at]?.();
  }
  return Promise.all(results.filter((result) => result !== undefined));
}
