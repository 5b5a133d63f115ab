import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds after which waiting is given up: a test that would wait for ever fails, and says for what. */
const PATIENCE = 20_000;

/** Asks again and again until the answer is one to be content with, and gives that answer. Errors of the question count as answers. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isContent: (answer: T | Error) => boolean,
): Promise<T | Error> {
  const giveUpAt = performance.now() + PATIENCE;
  for (;;) {
    const answer = await ask().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (isContent(answer)) return answer;
    if (performance.now() > giveUpAt) throw new Error(`Waited in vain until ${what}.`, { cause: answer });
    await wait(10);
  }
}
