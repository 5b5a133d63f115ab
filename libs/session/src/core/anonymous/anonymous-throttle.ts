import { TooManyAttemptsError } from '../errors.js';
import type { SessionEventListener } from '../events.js';
import { blockOf, networkOf } from '../login/client-network.js';
import type { Clock } from '../ports/clock.js';
import type { Counters, CountingRule } from '../ports/counters.js';
import { encodeBase64url } from '../secrets/base64url.js';
import { mac } from '../secrets/mac.js';
import type { AnonymousRules } from './anonymous-limits.js';

/**
 * Bounds how many sessions visitors begin: nothing else stands between a script and a store that is full. Addresses reach the store
 * only as pseudonyms.
 */
export class AnonymousThrottle {
  constructor(
    private readonly counters: Counters,
    private readonly pseudonymKey: Uint8Array,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
  ) {}

  /**
   * Counts one. A single address that has had its share does not use up that of its block.
   * @throws TooManyAttemptsError, StoreUnavailableError
   */
  async pass(rules: AnonymousRules, address: string): Promise<void> {
    await this.count(rules.address, networkOf(address), address, 'address');
    await this.count(rules.block, blockOf(address), address, 'block');
  }

  private async count(rule: CountingRule, network: string, address: string, limit: 'address' | 'block'): Promise<void> {
    const key = encodeBase64url(mac(this.pseudonymKey, [rule.name, network])).slice(0, 22);
    const { allowed, resetIn } = await this.counters.hit(rule, key);
    if (allowed) return;
    this.emit({ type: 'anonymous.throttled', at: this.clock.now(), address, limit });
    throw new TooManyAttemptsError(Math.max(1, Math.ceil(resetIn / 1000)), limit);
  }
}
