import { TooManyAttemptsError } from '../errors.js';
import type { Counters, CountingRule } from '../ports/counters.js';
import { encodeBase64url } from '../secrets/base64url.js';
import { mac } from '../secrets/mac.js';

/**
 * Slows down guessing (ASVS 6.3.1): one count per submitted name, known or not, and one per address. An attempt is counted
 * *before* the password is checked, so a parallel burst gets no more tries than a patient one; a good attempt is taken back.
 * Names and addresses reach the store only as pseudonyms.
 */
export class LoginThrottle {
  constructor(
    private readonly counters: Counters,
    private readonly rules: { readonly account: CountingRule; readonly address: CountingRule } | undefined,
    private readonly pseudonymKey: Uint8Array,
  ) {}

  /**
   * Counts an attempt.
   * @throws TooManyAttemptsError when the name or the address has used up its attempts
   * @throws StoreUnavailableError
   */
  async attempt(username: string, address: string): Promise<void> {
    if (!this.rules) return;
    const hits = await Promise.all([
      this.counters.hit(this.rules.address, this.pseudonym('address', address)),
      this.counters.hit(this.rules.account, this.pseudonym('name', username)),
    ]);
    const waits = hits.filter((hit) => !hit.allowed).map((hit) => hit.resetIn);
    if (waits.length > 0) throw new TooManyAttemptsError(Math.max(1, Math.ceil(Math.max(...waits) / 1000)));
  }

  /** Takes a good attempt back: it clears the name's count, and only its own hit on the address. */
  async succeeded(username: string, address: string): Promise<void> {
    if (!this.rules) return;
    await Promise.all([
      this.counters.reset(this.rules.account, this.pseudonym('name', username)),
      this.counters.undo(this.rules.address, this.pseudonym('address', address)),
    ]);
  }

  /** Takes back an attempt whose password was never judged: a busy server must not lock anyone out. */
  async withdraw(username: string, address: string): Promise<void> {
    if (!this.rules) return;
    await Promise.all([
      this.counters.undo(this.rules.account, this.pseudonym('name', username)),
      this.counters.undo(this.rules.address, this.pseudonym('address', address)),
    ]);
  }

  /** Lets a user try again at once, after a reset of the password. */
  async lift(username: string): Promise<void> {
    if (this.rules) await this.counters.reset(this.rules.account, this.pseudonym('name', username));
  }

  private pseudonym(kind: string, value: string): string {
    // One spelling per name: otherwise each way of writing it would have tries of its own.
    const spelling = value.normalize('NFKC').trim().toLowerCase();
    return encodeBase64url(mac(this.pseudonymKey, [kind, spelling])).slice(0, 22);
  }
}
