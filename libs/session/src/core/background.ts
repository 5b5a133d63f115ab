/** Work that no request waits for. One task per key at a time; failures are dropped: the next request tries again. */
export class Background {
  private readonly running = new Map<string, Promise<void>>();

  /** Starts a task, unless one of that key is under way; answers the one that runs. */
  run(key: string, task: () => Promise<void>): Promise<void> {
    const running = this.running.get(key);
    if (running) return running;
    const started = attempt(task).then(
      () => void this.running.delete(key),
      () => void this.running.delete(key),
    );
    this.running.set(key, started);
    return started;
  }

  /** Waits for everything that is under way: at shutdown, so that nothing is lost. */
  async settled(): Promise<void> {
    await Promise.all(this.running.values());
  }
}

/** A task that fails before its first wait fails like any other: in the background. */
async function attempt(task: () => Promise<void>): Promise<void> {
  await task();
}
