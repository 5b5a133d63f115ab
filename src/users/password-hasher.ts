import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { HashingQueue } from './hashing-queue.js';
import { normalisePassword } from './password-rules.js';

/** argon2id with the parameters that OWASP recommends first for 19 MiB (Password Storage Cheat Sheet). */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The hash function, so that a test can count its calls. */
export interface HashFunction {
  hash(password: string): Promise<string>;
  verify(hashed: string, password: string): Promise<boolean>;
}

const ARGON2ID: HashFunction = {
  hash: (password) => hash(password, PARAMETERS),
  verify: (hashed, password) => verify(hashed, password),
};

/** Hashes and verifies passwords, a few at a time. */
export class PasswordHasher {
  private constructor(
    private readonly algorithm: HashFunction,
    private readonly queue: HashingQueue,
    private readonly decoy: string,
  ) {}

  /** Makes a hasher with a hash that no password fits, to be verified against where there is no user. */
  static async create(algorithm = ARGON2ID, queue = new HashingQueue()): Promise<PasswordHasher> {
    return new PasswordHasher(algorithm, queue, await algorithm.hash(randomBytes(32).toString('base64url')));
  }

  /** @throws BusyError when too many hashes are under way */
  hash(password: string): Promise<string> {
    return this.queue.run(() => this.algorithm.hash(normalisePassword(password)));
  }

  /**
   * Whether the password fits the hash. Without a hash the same work is done, and the answer is no: else the time would tell who
   * has an account.
   * @throws BusyError when too many hashes are under way
   */
  async verify(hashed: string | undefined, password: string): Promise<boolean> {
    const fits = await this.queue.run(() => this.algorithm.verify(hashed ?? this.decoy, normalisePassword(password)));
    return fits && hashed !== undefined;
  }
}
