/**
 * Remembers values for a while, and not more than so many: the oldest go first. Needs no timer; what is too old is dropped when
 * something new comes. Ages by the monotonic clock, so neither a test's clock nor a wall clock set back shortens or stretches it.
 */
export class ShortMemory<V> {
  private readonly entries = new Map<string, { readonly value: V; readonly at: number }>();

  /**
   * @param lifetime milliseconds
   * @param capacity entries at most
   * @param monotonic milliseconds since some start
   */
  constructor(
    private readonly lifetime: number,
    private readonly capacity = Number.POSITIVE_INFINITY,
    private readonly monotonic: () => number = () => performance.now(),
  ) {}

  /** The entry, if it is still remembered. */
  recall(key: string): { readonly value: V } | undefined {
    const entry = this.entries.get(key);
    return entry && this.monotonic() - entry.at < this.lifetime ? entry : undefined;
  }

  /** Remembers a value from now on. */
  remember(key: string, value: V): void {
    const now = this.monotonic();
    this.entries.delete(key);
    this.entries.set(key, { value, at: now });
    for (const [oldest, { at }] of this.entries) {
      if (now - at < this.lifetime && this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
    }
  }

  /** Drops an entry at once. */
  forget(key: string): void {
    this.entries.delete(key);
  }

  /** Drops every entry. */
  clear(): void {
    this.entries.clear();
  }

  /** Entries held, those too old but not yet dropped included. */
  get size(): number {
    return this.entries.size;
  }
}
