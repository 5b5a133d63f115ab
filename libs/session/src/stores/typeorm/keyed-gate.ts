interface Waiting {
  readonly number: number;
  readonly keys: ReadonlySet<string>;
  readonly enter: () => void;
}

/**
 * Lets in one at a time of those who name the same key. Who names several waits until all of them are free, and holds none meanwhile: else
 * a crowd that waits for one key would keep everybody from whatever else it names. Keys that nobody waits for are forgotten.
 */
export class KeyedGate {
  private readonly taken = new Set<string>();
  /** Who waits for a key, in the order of arrival. */
  private readonly queues = new Map<string, Set<Waiting>>();
  private arrivals = 0;

  /**
   * Waits for a place under all of the keys; the answer gives them back, once.
   * @param patience milliseconds
   * @returns `undefined` when there was no place in time
   */
  enter(names: readonly string[], patience: number): Promise<(() => void) | undefined> {
    const keys = new Set(names);
    if (this.areFree(keys)) return Promise.resolve(this.take(keys));
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.leaveQueues(waiting);
        resolve(undefined);
      }, patience);
      const waiting = {
        number: (this.arrivals += 1),
        keys,
        enter: () => {
          clearTimeout(timer);
          this.leaveQueues(waiting);
          resolve(this.take(keys));
        },
      };
      for (const key of keys) this.queues.set(key, (this.queues.get(key) ?? new Set()).add(waiting));
    });
  }

  private take(keys: ReadonlySet<string>): () => void {
    for (const key of keys) this.taken.add(key);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      for (const key of keys) this.taken.delete(key);
      this.letIn(keys);
    };
  }

  /** Those who wait for one of these keys and for none that is taken, in the order of arrival. */
  private letIn(keys: ReadonlySet<string>): void {
    for (;;) {
      const first = [...keys].map((key) => this.firstOf(key)).filter((waiting) => waiting !== undefined);
      const [next] = first.sort((a, b) => a.number - b.number);
      if (!next) return;
      next.enter();
    }
  }

  private firstOf(key: string): Waiting | undefined {
    if (this.taken.has(key)) return undefined;
    for (const waiting of this.queues.get(key) ?? []) if (this.areFree(waiting.keys)) return waiting;
    return undefined;
  }

  private areFree(keys: ReadonlySet<string>): boolean {
    for (const key of keys) if (this.taken.has(key)) return false;
    return true;
  }

  private leaveQueues(waiting: Waiting): void {
    for (const key of waiting.keys) {
      const queue = this.queues.get(key);
      queue?.delete(waiting);
      if (queue?.size === 0) this.queues.delete(key);
    }
  }
}
