import type { JWK } from 'jose';
import { SigningKeyError } from '../../errors.js';
import type { Clock } from '../../ports/clock.js';
import type { SigningKeyStore, StoredSigningKey } from '../../ports/signing-key-store.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../signing-keys.js';
import { KeySchedule, type KeyTimes, LOOKED_AT_EVERY, PUBLISHED_BEFORE } from './key-schedule.js';
import type { KeyFacts, KeyVault } from './key-vault.js';
import { makeSigningKey } from './make-signing-key.js';

/** How keys are made and how long they are used. */
export interface KeyRotationRule extends KeyTimes {
  readonly algorithm: SigningAlgorithm;
}

/** What a rotation has to tell. */
export interface KeyNews {
  /** A new key waits for its time. */
  readonly created: (key: KeyFacts) => void;
  /** This server did not make this key, made it under a session key that has left the ring, or saw it retired. It is not used. */
  readonly refused: (key: KeyFacts) => void;
}

/** Milliseconds after which every instance has seen a new key. */
const KNOWN_TO_ALL_AFTER = 2 * LOOKED_AT_EVERY;
const NONE_IS_OURS =
  'Signing keys are stored, and this server has made none of them: put the session key back that they were sealed with, or have another one sign (`keys rotate --at-once`).';
/** How often an act is tried again that another instance was quicker with. */
const TRIES = 5;

/** Makes the keys that are due, lets them sign, and takes them out of use: the same for an instance that does so by itself, and for an operator. */
export class SigningKeyRotation {
  /** Names of keys that were seen retired: a row of before that, put back, is as genuine as it was, and no key any more. */
  private readonly retired = new Set<string>();

  constructor(
    private readonly store: SigningKeyStore,
    private readonly vault: KeyVault,
    private readonly clock: Clock,
    private readonly rule: KeyRotationRule,
    private readonly news: KeyNews,
  ) {}

  /** The keys that this server vouched for, and nobody else's; none that was seen retired and is said not to be. @throws StoreUnavailableError */
  async keys(): Promise<readonly StoredSigningKey[]> {
    const vouchedFor = (await this.store.all()).filter((key) => this.vault.vouchesFor(key) || this.refuse(key));
    for (const key of vouchedFor) if (key.retiredAt !== undefined) this.retired.add(key.kid);
    return vouchedFor.filter((key) => key.retiredAt !== undefined || !this.retired.has(key.kid) || this.refuse(key));
  }

  /** What the time makes of these keys. */
  schedule<K extends KeyFacts>(keys: readonly K[]): KeySchedule<K> {
    return new KeySchedule(keys, this.rule);
  }

  /**
   * Does what is due: seals that the ring may drop the key of, a next key, and the end of private keys that have signed for the last
   * time, also by the clock of the store: an instance whose own is ahead must not take the key from all others.
   * @throws SigningKeyError when there are keys, and none that this server vouched for; StoreUnavailableError
   */
  async tend(): Promise<readonly StoredSigningKey[]> {
    const now = this.clock.now();
    const keys = await this.renewSeals(await this.keys());
    if (keys.length === 0 && (await this.store.all()).length > 0) throw new SigningKeyError(NONE_IS_OURS);
    const schedule = this.schedule(keys);
    const spent = keys.filter((key) => key.sealed !== undefined && schedule.isSpent(key, now));
    const proven = spent.length > 0 ? Math.min(now, await this.store.time()) : now;
    for (const key of spent) if (schedule.isSpent(key, proven)) await this.store.erase(key.place);
    const signsFrom = schedule.due(now);
    if (signsFrom !== undefined) await this.add(this.rule.algorithm, now, signsFrom);
    return spent.length > 0 || signsFrom !== undefined ? this.keys() : keys;
  }

  /** Makes the first key. @throws SigningKeyError when there is one; StoreUnavailableError */
  async first(): Promise<KeyFacts> {
    const now = this.clock.now();
    const { length } = await this.store.all();
    const made = length === 0 ? await this.add(this.rule.algorithm, now, now + this.rule.firstAfter) : undefined;
    if (!made) throw new SigningKeyError('There are signing keys already: `keys rotate` has another one sign.');
    return made;
  }

  /**
   * Has another key sign: the one that is waiting, or a new one of this algorithm, by default that of the last one. In ten minutes, when every resource server knows it; `atOnce`: in one, when
   * every instance does, and resource servers have to fetch it when they meet it.
   * @throws SigningKeyError when one is waiting already, and shall not sign sooner or is of another algorithm
   * @throws StoreUnavailableError
   */
  async rotate({
    algorithm,
    atOnce,
  }: {
    readonly algorithm?: SigningAlgorithm | undefined;
    readonly atOnce: boolean;
  }): Promise<KeyFacts> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const now = this.clock.now();
      const keys = await this.keys();
      const waiting = this.schedule(keys).waiting(now);
      if (waiting && algorithm && waiting.algorithm !== algorithm)
        throw new SigningKeyError(`The key ${waiting.kid} (${waiting.algorithm}) is waiting: retire it first, or let it sign.`);
      const signsFrom = now + (atOnce ? KNOWN_TO_ALL_AFTER : PUBLISHED_BEFORE);
      const wanted = algorithm ?? SIGNING_ALGORITHMS.find((one) => one === keys.at(-1)?.algorithm) ?? this.rule.algorithm;
      const rotated = waiting ? await this.hasten(waiting, signsFrom) : await this.add(wanted, now, signsFrom);
      if (rotated) return rotated;
    }
    throw new SigningKeyError('Others change the signing keys at the same time: look at them, and try again.');
  }

  /**
   * Takes a key out of use, now: nothing that it signed is believed any more. For a private key that somebody may have seen.
   * @throws SigningKeyError when there is no such key, or none that could sign in its place
   * @throws StoreUnavailableError
   */
  async retire(kid: string): Promise<KeyFacts> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const now = this.clock.now();
      const keys = await this.keys();
      const key = keys.find((one) => one.kid === kid);
      if (!key) throw new SigningKeyError('There is no signing key of this name: `keys list` shows them.');
      if (this.mayStillSign(key, keys, now)) {
        throw new SigningKeyError(
          'This key signs, or did a moment ago: let another one do so first (`keys rotate --at-once`, and two minutes of patience).',
        );
      }
      const facts = { ...factsOf(key), retiredAt: key.retiredAt ?? now };
      if (await this.store.replace(this.vault.close(facts, undefined), key.voucher)) return facts;
    }
    throw new SigningKeyError('Others change the signing keys at the same time: look at them, and try again.');
  }

  /** The private part of a key that may have to sign. */
  privateJwk(key: StoredSigningKey): JWK | undefined {
    return this.vault.privateJwk(key);
  }

  /** Whether an instance may sign with it that has not looked since the last change: what it signs must not be refused by the others. */
  private mayStillSign(key: StoredSigningKey, keys: readonly StoredSigningKey[], now: number): boolean {
    const schedule = this.schedule(keys);
    const signers = [now, now - KNOWN_TO_ALL_AFTER].map((at) => schedule.signing(at));
    return signers.includes(key) || (signers[0] === undefined && schedule.published(now)[0] === key);
  }

  /** Seals and vouches again for what was made under a former key of the ring, so that the ring may drop it. */
  private async renewSeals(keys: readonly StoredSigningKey[]): Promise<readonly StoredSigningKey[]> {
    const renewed = keys.map(async (stored) => {
      const privateJwk = this.vault.privateJwk(stored);
      // What cannot be opened cannot be sealed again, and stays as it is: it is no worse than before.
      if (this.vault.isCurrent(stored) || (stored.sealed !== undefined && !privateJwk)) return stored;
      const anew = this.vault.close(factsOf(stored), privateJwk);
      return (await this.store.replace(anew, stored.voucher)) ? anew : stored;
    });
    return Promise.all(renewed);
  }

  private refuse(key: StoredSigningKey): false {
    this.news.refused(key);
    return false;
  }

  private async hasten(waiting: StoredSigningKey, signsFrom: number): Promise<KeyFacts | undefined> {
    if (waiting.signsFrom <= signsFrom) {
      const when = new Date(waiting.signsFrom).toISOString();
      throw new SigningKeyError(`The key ${waiting.kid} is waiting already, and signs from ${when}.`);
    }
    const privateJwk = this.vault.privateJwk(waiting);
    if (!privateJwk) throw new SigningKeyError(`The private part of ${waiting.kid} cannot be read: retire it, and rotate again.`);
    const facts = { ...factsOf(waiting), signsFrom };
    return (await this.store.replace(this.vault.close(facts, privateJwk), waiting.voucher)) ? facts : undefined;
  }

  /** `undefined`: another instance was quicker, and its key is as good. */
  private async add(algorithm: SigningAlgorithm, now: number, signsFrom: number): Promise<KeyFacts | undefined> {
    const place = (await this.store.all()).reduce((last, key) => Math.max(last, key.place), 0) + 1; // also after those of strangers
    const jwk = await makeSigningKey(algorithm);
    const { kty, crv, x, y, n, e, kid } = jwk;
    const publicJwk = JSON.stringify({ kty, crv, x, y, n, e, kid });
    const facts: KeyFacts = { place, kid, algorithm, publicJwk, createdAt: now, signsFrom };
    if (!(await this.store.add(this.vault.close(facts, jwk)))) return undefined;
    this.news.created(facts);
    return facts;
  }
}

function factsOf({ place, kid, algorithm, publicJwk, createdAt, signsFrom, retiredAt }: StoredSigningKey): KeyFacts {
  return { place, kid, algorithm, publicJwk, createdAt, signsFrom, ...(retiredAt === undefined ? {} : { retiredAt }) };
}
