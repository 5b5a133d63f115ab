/**
 * The turn of the event loop: what came in together is answered together. An answer that is written alone wakes whoever waits for it, the
 * proxy or the client, once for each; that costs this process more than the answer itself (docs/performance.md). Where nobody else has
 * come in the turn is over at once.
 */
export class Turn {
  private current: Promise<void> | undefined;

  /** Resolves when everything that was there to be read has been read. */
  end(): Promise<void> {
    this.current ??= new Promise((resolve) => {
      setImmediate(() => {
        this.current = undefined;
        resolve();
      });
    });
    return this.current;
  }
}
