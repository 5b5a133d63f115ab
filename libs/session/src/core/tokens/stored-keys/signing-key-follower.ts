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

  /** The first look, before anything is signed. @throws SigningKeyError when no key can be used; StoreUnavailableError */
  async open(): Promise<void> {
    await this.rotation.renewSeals();
    await this.look();
  }

  /** Looks at the stored keys, does what is due, and uses them as the time wants it. @throws SigningKeyError, StoreUnavailableError */
  async look(): Promise<void> {
    try {
      this.keys = await this.rotation.tend();
    } finally {
      if (this.keys.length > 0) await this.use(this.clock.now());
    }
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

  private async use(now: number): Promise<void> {
    const schedule = this.rotation.schedule(this.keys);
    const published = await Promise.all(schedule.published(now).map((key) => this.import(key)));
    const begun = schedule.signing(now);
    const signing = begun ? published.find(({ kid }) => kid === begun.kid) : (this.configured[0] ?? published[0]);
    if (!signing?.privateKey) {
      const which = signing
        ? `The private part of the signing key ${signing.kid} cannot be read`
        : 'There is no signing key to use';
      throw new SigningKeyError(
        `${which}: put the session key back that it was sealed with, or have another one sign (\`keys rotate --at-once\`).`,
      );
    }
    const others = [...published, ...this.configured].filter((key) => key !== signing);
    this.target.replace([signing, ...others]);
  }

  /** Once for each key while it can sign, and once more when it cannot: nothing of it is kept that is not needed. */
  private async import(key: StoredSigningKey): Promise<SigningKey> {
    const privateJwk = this.rotation.privateJwk(key);
    const known = this.imported.get(key.kid);
    if (known && (known.privateKey !== undefined) === (privateJwk !== undefined)) return known;
    const imported = await importSigningKey(privateJwk ?? (JSON.parse(key.publicJwk) as JWK));
    this.imported.set(key.kid, imported);
    return imported;
  }
}
