import type { Clock } from '../src/core/ports/clock.js';
import { SigningKeyStore, type StoredSigningKey } from '../src/core/ports/signing-key-store.js';

/** Signing keys in the memory of a test, which may look at them and edit them. */
export class KeptSigningKeys extends SigningKeyStore {
  constructor(private readonly clock: Clock) {
    super();
  }

  readonly rows = new Map<number, StoredSigningKey>();
  /** Fails every call while it is set. */
  fault: Error | undefined;

  async time(): Promise<number> {
    this.mayFail();
    return this.clock.now();
  }
  async all(): Promise<readonly StoredSigningKey[]> {
    this.mayFail();
    return [...this.rows.values()].sort((a, b) => a.place - b.place);
  }
  async add(key: StoredSigningKey): Promise<boolean> {
    this.mayFail();
    if (this.rows.has(key.place)) return false;
    this.rows.set(key.place, key);
    return true;
  }
  async replace(key: StoredSigningKey, voucher: string): Promise<boolean> {
    this.mayFail();
    if (this.rows.get(key.place)?.voucher !== voucher) return false;
    this.rows.set(key.place, key);
    return true;
  }
  async erase(place: number): Promise<void> {
    this.mayFail();
    const key = this.rows.get(place);
    if (!key) return;
    const { sealed: _, ...rest } = key;
    this.rows.set(place, rest);
  }

  /** The last one that was made. */
  get last(): StoredSigningKey {
    const last = [...this.rows.values()].at(-1);
    if (!last) throw new Error('There is no key.');
    return last;
  }

  private mayFail(): void {
    if (this.fault) throw this.fault;
  }
}
