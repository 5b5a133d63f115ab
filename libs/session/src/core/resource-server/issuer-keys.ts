import { StoreUnavailableError } from '../errors.js';
import type { Issuer } from '../ports/issuer.js';
import { isWithin, type Moment, type Stopwatch } from '../ports/stopwatch.js';
import { importSigningKey, publicKeyFaults, type SigningKeys } from '../tokens/signing-keys.js';

/** Milliseconds for which a key set is used: as long as the issuer says that it may be (`max-age`). */
const KEPT_FOR = 300_000;
/** Milliseconds between two looks for a key that is not in the set: so that strangers cannot have the issuer asked at will. */
const LOOKED_FOR_EVERY = 30_000;
/** Milliseconds after a look that failed in which there is no other: whoever comes meanwhile hears of that one. */
const PAUSE = 1_000;

/** Keeps the issuer's keys at hand. */
export class IssuerKeys {
  private lookedAt: Moment | undefined;
  private failure: { readonly error: unknown; readonly at: Moment } | undefined;
  private underWay: Promise<void> | undefined;

  constructor(
    private readonly issuer: Issuer,
    private readonly target: SigningKeys,
    private readonly stopwatch: Stopwatch,
  ) {}

  /** Sees to it that the keys are young enough. @throws StoreUnavailableError when there are none that are, and the issuer is away */
  async ready(): Promise<void> {
    if (!this.isYounger(KEPT_FOR)) await this.look();
  }

  /** Looks for a key that is not among them, unless that was done a moment ago; answers whether it looked. @throws StoreUnavailableError */
  async lookFor(): Promise<boolean> {
    if (this.isYounger(LOOKED_FOR_EVERY)) return false;
    await this.look();
    return true;
  }

  private isYounger(bound: number): boolean {
    return this.lookedAt !== undefined && isWithin(this.lookedAt, this.stopwatch.now(), bound);
  }

  /** One look for all who wait for it. */
  private look(): Promise<void> {
    const { failure } = this;
    if (failure && isWithin(failure.at, this.stopwatch.now(), PAUSE)) return Promise.reject(failure.error);
    return (this.underWay ??= this.fetch().finally(() => (this.underWay = undefined)));
  }

  private async fetch(): Promise<void> {
    const sentAt = this.stopwatch.now();
    try {
      const jwks = await this.issuer.keySet();
      const usable = jwks.filter((jwk) => jwk.kid !== undefined && publicKeyFaults(jwk, 'key').length === 0);
      if (usable.length === 0)
        throw new StoreUnavailableError({ cause: new Error('The issuer publishes no key that is of use.') });
      this.target.replace(await Promise.all(usable.map(importSigningKey)));
      this.lookedAt = sentAt;
    } catch (error) {
      this.failure = { error, at: this.stopwatch.now() };
      throw error;
    }
  }
}
