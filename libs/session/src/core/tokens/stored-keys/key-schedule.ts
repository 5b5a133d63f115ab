import type { KeyFacts } from './key-vault.js';

/**
 * Milliseconds between the publication of a key and its first signature: twice as long as others keep a key set (`max-age` of
 * `/.well-known/jwks.json`), so that whoever verifies knows it by then.
 */
export const PUBLISHED_BEFORE = 600_000;

/** Milliseconds between two looks of an instance at the stored keys. */
export const LOOKED_AT_EVERY = 30_000;

/** Milliseconds within which every instance has noticed that its time has come, the difference between their clocks included. */
export const HANDED_OVER_WITHIN = 4 * LOOKED_AT_EVERY;

/** What becomes of the keys without anybody asking. Milliseconds. */
export interface KeyTimes {
  /** How long each key signs; `undefined`: until somebody rotates them. */
  readonly every: number | undefined;
  /** How long the very first key waits: not at all, or `PUBLISHED_BEFORE` where another one signs meanwhile. */
  readonly firstAfter: number;
  /** How long a signature is believed: the life of an access token, and the difference between clocks that is forgiven. */
  readonly believedFor: number;
}

/**
 * The four steps of a rotation (RFC 7517 has none; OpenID Connect Core §10.1.1): published, signing, verifying only, gone. Which of them a
 * key has come to follows from what is stored and from the time alone, so that instances agree without asking each other.
 */
export class KeySchedule<K extends KeyFacts> {
  constructor(
    /** By place. */
    private readonly keys: readonly K[],
    private readonly times: KeyTimes,
  ) {}

  /** The one that signs; `undefined` while none has begun. */
  signing(now: number): K | undefined {
    return this.keys.findLast((key) => key.signsFrom <= now && !isRetired(key, now));
  }

  /** Those whose signatures are believed: the one that signs, those before it for as long as their tokens live, those to come. */
  published(now: number): readonly K[] {
    return this.keys.filter(
      (key) => !isRetired(key, now) && now < this.supersededAt(key) + HANDED_OVER_WITHIN + this.times.believedFor,
    );
  }

  /** Whether the private part of a key is of no use any more. */
  isSpent(key: K, now: number): boolean {
    return isRetired(key, now) || this.supersededAt(key) + HANDED_OVER_WITHIN <= now;
  }

  /** Whether a key is waiting for its time to sign. */
  waiting(now: number): K | undefined {
    return this.keys.findLast((key) => key.signsFrom > now && !isRetired(key, now));
  }

  /** From when on the next key should sign that nobody has made yet; `undefined` while there is time. */
  due(now: number): number | undefined {
    const earliest = now + PUBLISHED_BEFORE;
    const last = this.keys.findLast((key) => !isRetired(key, now));
    if (!last) return now + this.times.firstAfter;
    if (this.times.every === undefined) return undefined;
    const planned = last.signsFrom + this.times.every;
    return planned <= earliest ? earliest : undefined;
  }

  private supersededAt(key: K): number {
    const successor = this.keys.find(
      ({ place, signsFrom, retiredAt }) => place > key.place && (retiredAt ?? Infinity) > signsFrom,
    );
    return successor?.signsFrom ?? Infinity;
  }
}

function isRetired({ retiredAt }: KeyFacts, now: number): boolean {
  return retiredAt !== undefined && retiredAt <= now;
}
