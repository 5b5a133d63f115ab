import { TooManyAttemptsError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { CountedHit, Counters, PacedKey } from '../ports/counters.js';
import { encodeBase64url } from '../secrets/base64url.js';
import { mac } from '../secrets/mac.js';
import { blockOf, networkOf } from './client-network.js';
import type { LoginRules } from './login-limits.js';

/** Who tries to log in as whom, from where. */
export interface LoginAttempt {
  readonly username: string;
  readonly address: string;
  /** What proves that this user has logged in with it before: the id of a device, or of a live session. */
  readonly knownAs?: string | undefined;
}

/** A count that an attempt has to pass, and what is said when it does not. */
interface Gate extends PacedKey {
  readonly limit: TooManyAttemptsError['limit'];
  /** The longest wait that is spoken of, in milliseconds. */
  readonly longest: number;
}

/** An attempt that was let through, and what it was counted under. */
export interface CountedAttempt {
  readonly attempt: LoginAttempt;
  /** Counts that a good password clears. */
  readonly own: readonly PacedKey[];
  /** Counts of many people: a good password takes back its own hit. */
  readonly shared: readonly PacedKey[];
  /** Failures of the name in a row, should this be one. */
  readonly failures: number;
}

/** What a failure brought to light. */
export interface Finding {
  /** It was the last one that the account had. */
  readonly stopped: boolean;
  /** So many names have failed from this address; told once per window. */
  readonly sprayed: number | undefined;
}

/**
 * Slows down guessing (ASVS 6.3.1). Attempts are counted *before* the password is checked, so a parallel burst gets no more
 * than a patient one. Strangers share one count per submitted name, known or not: a count per user would tell, by which spellings
 * share it, whether there is such a user (ASVS 6.3.8). A known device has a count of its own, so strangers cannot keep it out; beyond
 * that it is a stranger. Names and addresses reach the store only as pseudonyms.
 */
export class LoginThrottle {
  constructor(
    private readonly counters: Counters,
    private readonly rules: LoginRules | undefined,
    private readonly pseudonymKey: Uint8Array,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts an attempt. An address that has to wait is not counted against the name: else it could keep everybody out.
   * @throws TooManyAttemptsError when it has to wait
   * @throws StoreUnavailableError
   */
  async attempt(attempt: LoginAttempt): Promise<CountedAttempt> {
    const { rules } = this;
    if (!rules) return { attempt, own: [], shared: [], failures: 0 };
    const name = this.nameKey(attempt.username);
    const stop: Gate = { rule: rules.stop, key: name, limit: 'stop', longest: rules.account.longest };
    if (attempt.knownAs !== undefined) {
      const device: PacedKey = { rule: rules.device, key: this.pseudonym('device', attempt.knownAs) };
      const [known, ...hits] = await this.count([device, stop]);
      if (known?.allowed) return { attempt, own: [device, stop], shared: [], failures: passed([stop], hits) };
      // A device that has used its tries up is a stranger.
    }
    const block = this.pseudonym('block', blockOf(attempt.address));
    const shared: readonly Gate[] = [
      { rule: rules.address, key: this.addressKey(attempt), limit: 'address', longest: rules.address.longest },
      { rule: rules.block, key: block, limit: 'block', longest: rules.block.longest },
    ];
    const account: Gate = { rule: rules.account, key: name, limit: 'account', longest: rules.account.longest };
    const gates = [...shared, account, stop];
    return { attempt, own: [account, stop], shared, failures: passed(gates, await this.count(gates)) };
  }

  /** Takes a good attempt back: it clears what is its own, and only its own hit on what it shares with others. */
  async succeeded({ own, shared }: CountedAttempt): Promise<void> {
    if (own.length > 0) await this.counters.takeBack(shared, own);
  }

  /** Takes back an attempt whose password was never judged: a busy server must not lock anyone out. */
  async withdraw({ own, shared }: CountedAttempt): Promise<void> {
    if (own.length > 0) await this.counters.takeBack([...own, ...shared]);
  }

  /** Notes that the password was wrong, and tells what that shows. */
  async failed({ attempt, failures }: CountedAttempt): Promise<Finding> {
    const { rules } = this;
    if (!rules) return { stopped: false, sprayed: undefined };
    return { stopped: failures === rules.stop.free, sprayed: await this.spray(rules, attempt) };
  }

  /** Lets a user try again at once, after a reset of the password: the only way out of the stop. */
  async lift(username: string): Promise<void> {
    const { rules } = this;
    if (!rules) return;
    const key = this.nameKey(username);
    await Promise.all([this.counters.reset(rules.account, key), this.counters.reset(rules.stop, key)]);
  }

  /** Counts the names that fail from an address. What is used up is the address's, never a name's. */
  private async spray(rules: LoginRules, attempt: LoginAttempt): Promise<number | undefined> {
    if (attempt.knownAs !== undefined) return undefined;
    const key = this.addressKey(attempt);
    const first = await this.counters.hit(
      rules.sprayedName,
      this.pseudonym('sprayed', `${key} ${this.nameKey(attempt.username)}`),
    );
    if (first.count !== 1) return undefined;
    const { count } = await this.counters.hit(rules.spraying, key);
    if (count !== rules.spraying.limit) return undefined;
    if (rules.onSpraying === 'delay') await this.counters.pace(rules.address, key, this.clock.now(), rules.address.free);
    return count;
  }

  private count(keys: readonly PacedKey[]): Promise<readonly CountedHit[]> {
    return this.counters.paceInTurn(keys, this.clock.now());
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

/** The count at the last of the gates. @throws TooManyAttemptsError when one of them has refused its hit, the last one */
function passed(gates: readonly Gate[], hits: readonly CountedHit[]): number {
  const [gate, hit] = [gates[hits.length - 1], hits.at(-1)];
  if (!gate || !hit || hit.allowed) return hit?.count ?? 0;
  throw new TooManyAttemptsError(Math.max(1, Math.ceil(Math.min(hit.resetIn, gate.longest) / 1000)), gate.limit);
}
