import type { JWK } from 'jose';
import { SigningKeyError } from '../../errors.js';
import type { Clock } from '../../ports/clock.js';
import type { StoredSigningKey } from '../../ports/signing-key-store.js';
import { importSigningKey, type SigningKey, type SigningKeys } from '../signing-keys.js';
import { LOOKED_AT_EVERY } from './key-schedule.js';
import type { SigningKeyRotation } from './signing-key-rotation.js';

/**
 * Keeps the signing keys of this instance as the stored ones are: it looks every half minute. What it saw last holds while the store is
 * away, and the times in it too. To be injected where a host rotates or retires keys itself; `undefined` without a `signingKeyStore`.
 */
export class SigningKeyFollower {
  private readonly imported = new Map<string, SigningKey>();
  private readonly configured: readonly SigningKey[];
  private keys: readonly StoredSigningKey[] = [];
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> = Promise.resolve();

  /** @param target its keys sign until the first stored one does, and stay published beside them */
  constructor(
    /** Lists, rotates and retires the stored keys. */
    readonly rotation: SigningKeyRotation,
    private readonly target: SigningKeys,
    private readonly clock: Clock,
  ) {
    this.configured = target.all;
  }

  /**
   * Looks at the stored keys, does what is due, and uses them as the time wants it. To be called once before anything is signed.
   * @throws SigningKeyError when none of them can sign, or the one that should cannot; StoreUnavailableError
   */
  async look(): Promise<void> {
    try {
      this.keys = await this.rotation.tend();
    } catch (error) {
      if (!(error instanceof SigningKeyError)) {
        if (this.keys.length > 0) await this.use(this.clock.now());
        throw error;
      }
      this.keys = []; // somebody has been at them: nothing that was believed is believed any more
      await this.use(this.clock.now()).catch(() => undefined); // the first reason is the one to tell
      throw error;
    }
    await this.use(this.clock.now());
  }

  /** Goes on looking until it is closed. @param onFailure told of a failure that follows a success */
  start(onFailure: (error: unknown) => void): void {
    let failed = false;
    const again = () => {
      this.underWay = this.look().then(
        () => void (failed = false),
        (error: unknown) => {
          if (!failed) onFailure(error);
          failed = true;
        },
      );
    };
    this.timer = setInterval(again, LOOKED_AT_EVERY).unref();
  }

  /** Ends it. To be called before the connections of the store are closed. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.underWay;
  }

  /** What is believed changes in any case; then it is said if the key that should sign cannot. */
  private async use(now: number): Promise<void> {
    const schedule = this.rotation.schedule(this.keys);
    const stored = schedule.published(now);
    const published = await Promise.all(stored.map((key) => this.import(key, schedule.isSpent(key, now))));
    const begun = schedule.signing(now);
    const inOrder = [
      ...published.filter((_, at) => (stored[at]?.signsFrom ?? now) <= now).toReversed(),
      ...this.configured,
      ...published,
    ];
    const signing = inOrder.find(({ privateKey }) => privateKey !== undefined);
    this.target.replace([...new Set([...(signing ? [signing] : []), ...published, ...this.configured])]);
    const readable = begun && this.rotation.privateJwk(begun) !== undefined;
    if (!signing || readable === false) throw new SigningKeyError(begun ? unreadable(begun.kid) : NONE);
  }

  /** Once for each key while it can sign, and once more when it is spent: nothing of it is kept that is not needed. */
  private async import(key: StoredSigningKey, isSpent: boolean): Promise<SigningKey> {
    const known = this.imported.get(key.kid);
    const privateJwk = isSpent ? undefined : this.rotation.privateJwk(key);
    const isAsKnown = known?.privateKey ? !isSpent : privateJwk === undefined;
    if (known && isAsKnown) return known;
    const imported = await importSigningKey(privateJwk ?? (JSON.parse(key.publicJwk) as JWK));
    this.imported.set(key.kid, imported);
    return imported;
  }
}

const CURE =
  'put the session key back that it was sealed with, or have another one sign (`keys rotate --at-once`; a start succeeds once it does)';
const NONE = `There is no signing key to use: ${CURE}.`;

function unreadable(kid: string): string {
  return `The private part of the signing key ${kid} cannot be read: ${CURE}.`;
}
