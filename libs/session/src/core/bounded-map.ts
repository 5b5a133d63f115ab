/** An entry, and the one that was set next after it. */
interface Entry<K, V> {
  readonly key: K;
  readonly value: V;
  older: Entry<K, V> | undefined;
  newer: Entry<K, V> | undefined;
}

/**
 * A map that forgets its oldest entry when it is full. What is set again counts as new.
 *
 * The order is kept in the entries. An iterator of the map knows it too, but one that is kept keeps every table alive that the map has outgrown,
 * with all that stood in it; and one that is begun anew each time walks over all the gaps that the forgotten have left.
 */
export class BoundedMap<K, V> {
  private readonly entries = new Map<K, Entry<K, V>>();
  private oldest: Entry<K, V> | undefined;
  private newest: Entry<K, V> | undefined;

  /** @param capacity how many entries it holds at the most */
  constructor(private readonly capacity: number) {}

  get(key: K): V | undefined {
    return this.entries.get(key)?.value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    if (this.oldest && this.entries.size >= this.capacity) this.delete(this.oldest.key);
    const entry = { key, value, older: this.newest, newer: undefined };
    if (this.newest) this.newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
    this.entries.set(key, entry);
  }

  /** The keys, the oldest first. One may be deleted on the way. */
  keys(): IterableIterator<K> {
    return this.entries.keys();
  }

  delete(key: K): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    const { older, newer } = entry;
    if (older) older.newer = newer;
    else this.oldest = newer;
    if (newer) newer.older = older;
    else this.newest = older;
    entry.older = entry.newer = undefined; // what is gone keeps nothing else from the collector
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
    this.oldest = undefined;
    this.newest = undefined;
  }

  get size(): number {
    return this.entries.size;
  }
}
