import { createHash } from 'node:crypto';
import type { Counters } from '../ports/counters.js';

/**
 * Remembers what was used, for all instances that share the counters: proofs (RFC 9449 §11.1), assertions (RFC 7523 §3). Hashed without a key
 * of the ring, so that instances in the middle of a change of keys agree; what is remembered is random and tells nothing.
 */
export class ReplayMemory {
  /**
   * @param name of what is remembered: two memories never share an entry
   * @param window milliseconds that a use is remembered: longer than it could be repeated
   */
  constructor(
    private readonly counters: Counters,
    private readonly name: string,
    private readonly window: number,
  ) {}

  /** Notes a use, by all that tells it from others. Answers whether it was the first. @throws StoreUnavailableError: then nothing may be let pass */
  async isFirstUse(...parts: readonly string[]): Promise<boolean> {
    const key = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
    const { allowed } = await this.counters.hit({ name: this.name, limit: 1, window: this.window }, key);
    return allowed;
  }
}
