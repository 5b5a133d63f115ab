/** A map that forgets its oldest entry when it is full. What is set again counts as new. */
export class BoundedMap<K, V> {
  private readonly entries = new Map<K, V>();
  /** Goes on from the last that was forgotten: a new one each time would walk over all the gaps that those have left. */
  private readonly oldest = this.entries.keys();

  /** @param capacity how many entries it holds at the most */
  constructor(private readonly capacity: number) {}

  get(key: K): V | undefined {
    return this.entries.get(key);
  }

  set(key: K, value: V): void {
    this.entries.delete(key);
    if (this.entries.size >= this.capacity) this.forgetOldest();
    this.entries.set(key, value);
  }

  private forgetOldest(): void {
    const { done, value } = this.oldest.next();
    if (!done) this.entries.delete(value);
  }

  /** The keys, the oldest first. One may be deleted on the way. */
  keys(): IterableIterator<K> {
    return this.entries.keys();
  }

  delete(key: K): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }

  get size(): number {
    return this.entries.size;
  }
}
