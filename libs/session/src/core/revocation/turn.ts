/**
 * Resolves when everything that was there to be read has been read: what came in together is then answered together, one after the other. An
 * answer that is written while others are still read wakes whoever waits for it, the proxy or the client, once for each, and that costs this
 * process more than the answer itself (docs/performance.md). One immediate for each: what waits is judged when its own turn comes, and not
 * when the first of all does.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
