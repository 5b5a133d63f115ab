/** How often each race is run. */
const ROUNDS = 200;

/** Runs a race again and again, and tells which round failed. */
export async function rounds(race: (round: number) => Promise<void>, count = ROUNDS): Promise<void> {
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
