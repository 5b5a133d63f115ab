import type { ClientClock } from '../client-clock.js';

/** What this client uses of Web Locks (`navigator.locks`). */
export interface Locks {
  request<T>(name: string, options: { readonly signal: AbortSignal }, work: () => Promise<T>): Promise<T>;
}

/** How long to wait for a tab that holds the turn: it may have been suspended in the middle. */
const PATIENCE = 30_000;

/** One at a time: among tabs where the platform has Web Locks, otherwise within this process. */
export class Turn {
  constructor(
    private readonly name: string,
    private readonly locks: Locks,
    private readonly clock: ClientClock,
  ) {}

  /**
   * Does some work when no one else does. After 30 seconds it goes ahead all the same, and the work is told that it may not be alone:
   * refreshes are idempotent, so two at once are safe, and a tab that hangs must not hold up the others for ever.
   */
  async take<T>(work: (alone: boolean) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const cancel = this.clock.after(PATIENCE, () => controller.abort());
    let begun = false;
    const begin = () => {
      begun = true;
      cancel();
      return work(true);
    };
    try {
      return await this.locks.request(this.name, { signal: controller.signal }, begin);
    } catch (error) {
      if (begun) throw error;
      return await work(false);
    } finally {
      cancel();
    }
  }
}

/** Web Locks where the platform has them. Elsewhere tabs agree by what they find in the storage. */
export function platformLocks(): Locks {
  const { navigator } = globalThis as { readonly navigator?: { readonly locks?: Locks } };
  return navigator?.locks ?? processLocks;
}

/** Locks within this process. */
class ProcessLocks implements Locks {
  private readonly last = new Map<string, Promise<unknown>>();

  request<T>(name: string, { signal }: { readonly signal: AbortSignal }, work: () => Promise<T>): Promise<T> {
    const gaveUp = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('Gave up.'))));
    const mine = (this.last.get(name) ?? Promise.resolve()).then(() => (signal.aborted ? gaveUp : work()));
    const over = mine.then(ignore, ignore);
    this.last.set(name, over);
    void over.finally(() => {
      if (this.last.get(name) === over) this.last.delete(name);
    });
    return Promise.race([mine, gaveUp]);
  }
}

function ignore(): void {}

/** Shared by all clients of this process: two that share a storage must share the turn. */
export const processLocks: Locks = new ProcessLocks();
