interface Waiting {
  readonly enter: () => void;
}

/** Lets only so many in at a time, in the order of arrival. Who has waited too long goes away and leaves nothing behind. */
export class Gate {
  private readonly queue = new Set<Waiting>();

  constructor(private free: number) {}

  /**
   * Waits for a place; the answer gives it back, once.
   * @param patience milliseconds
   * @returns `undefined` when there was no place in time
   */
  enter(patience: number): Promise<(() => void) | undefined> {
    if (this.free > 0) {
      this.free -= 1;
      return Promise.resolve(this.leave());
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.queue.delete(waiting);
        resolve(undefined);
      }, patience);
      const waiting = {
        enter: () => {
          clearTimeout(timer);
          resolve(this.leave());
        },
      };
      this.queue.add(waiting);
    });
  }

  private leave(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const [next] = this.queue;
      if (!next) {
        this.free += 1;
        return;
      }
      this.queue.delete(next);
      next.enter();
    };
  }
}
