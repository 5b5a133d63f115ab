import { TooManyAttemptsError } from '../errors.js';
import type { Counters, CountingRule } from '../ports/counters.js';
import { encodeBase64url } from '../secrets/base64url.js';
import { mac } from '../secrets/mac.js';
import { networkOf } from './client-network.js';

/** Who tries to log in as whom, from where. */
export interface LoginAttempt {
  readonly username: string;
  readonly address: string;
}

/**
 * Slows down guessing (ASVS 6.3.1): one count per submitted name, known or not, and one per address. A count per user would tell,
 * by which spellings share it, whether there is such a user (ASVS 6.3.8). An attempt is counted *before* the password is checked, so a parallel burst gets no more tries than a patient one; a good
 * attempt is taken back. Names and addresses reach the store only as pseudonyms.
 */
export class LoginThrottle {
  constructor(
    private readonly counters: Counters,
    private readonly rules: { readonly account: CountingRule; readonly address: CountingRule } | undefined,
    private readonly pseudonymKey: Uint8Array,
  ) {}

  /**
   * Counts an attempt. An address that has used up its attempts is not counted against the name any more: else it could lock
   * everybody out.
   * @throws TooManyAttemptsError when the address or the name has used up its attempts
   * @throws StoreUnavailableError
   */
  async attempt(attempt: LoginAttempt): Promise<void> {
    if (!this.rules) return;
    await this.hit(this.rules.address, this.addressKey(attempt));
    await this.hit(this.rules.account, this.nameKey(attempt.username));
  }

  /** Takes a good attempt back: it clears the name's count, and only its own hit on the address. */
  async succeeded(attempt: LoginAttempt): Promise<void> {
    if (!this.rules) return;
    await Promise.all([
      this.counters.reset(this.rules.account, this.nameKey(attempt.username)),
      this.counters.undo(this.rules.address, this.addressKey(attempt)),
    ]);
  }

  /** Takes back an attempt whose password was never judged: a busy server must not lock anyone out. */
  async withdraw(attempt: LoginAttempt): Promise<void> {
    if (!this.rules) return;
    await Promise.all([
      this.counters.undo(this.rules.account, this.nameKey(attempt.username)),
      this.counters.undo(this.rules.address, this.addressKey(attempt)),
    ]);
  }

  /** Lets a user try again at once, after a reset of the password. */
  async lift(username: string): Promise<void> {
    if (this.rules) await this.counters.reset(this.rules.account, this.nameKey(username));
  }

  private async hit(rule: CountingRule, key: string): Promise<void> {
    const { allowed, resetIn } = await this.counters.hit(rule, key);
    if (!allowed) throw new TooManyAttemptsError(Math.max(1, Math.ceil(resetIn / 1000)));
  }

  private nameKey(username: string): string {
    // One spelling per name: otherwise each way of writing it would have tries of its own.
    return this.pseudonym('name', username.normalize('NFKC').trim().toLowerCase());
  }

  private addressKey({ address }: LoginAttempt): string {
    return this.pseudonym('address', networkOf(address));
  }

  private pseudonym(kind: string, value: string): string {
    return encodeBase64url(mac(this.pseudonymKey, [kind, value])).slice(0, 22);
  }
}
