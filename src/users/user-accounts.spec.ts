import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BusyError, InvalidInputError } from 'nestjs-hybrid-session';
import { AbstractLogger } from 'typeorm';
import { ENGINES, type TestDatabase } from '../database/testing/engines.js';
import { HashingQueue } from './hashing-queue.js';
import { PasswordHasher, type HashFunction } from './password-hasher.js';
import { UserAccounts } from './user-accounts.js';
import { User } from './user.entity.js';
import { Users } from './users.service.js';

/** A hash that costs nothing and counts how often it is computed. */
class CountingHash implements HashFunction {
  computed = 0;

  async hash(password: string): Promise<string> {
    this.computed++;
    return `hash ${this.computed} of ${digest(password)}`;
  }

  async verify(hashed: string, password: string): Promise<boolean> {
    this.computed++;
    return hashed.endsWith(` of ${digest(password)}`);
  }
}

/** What the database is asked, without the values. */
class QueryLog extends AbstractLogger {
  readonly asked: string[] = [];

  override logQuery(query: string): void {
    this.asked.push(query);
  }

  protected writeLog(): void {}
}

function digest(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

const nothing = async () => undefined;

describe.each(ENGINES)('accounts on the $name engine', ({ open }) => {
  const algorithm = new CountingHash();
  let database: TestDatabase;
  let accounts: UserAccounts;
  let users: Users;
  let id: string;

  beforeAll(async () => {
    database = await open();
    const repository = database.dataSource.getRepository(User);
    const hasher = await PasswordHasher.create(algorithm);
    accounts = new UserAccounts(repository, hasher);
    users = new Users(repository, hasher);
  });
  afterAll(() => database.close());

  beforeEach(async () => {
    await database.dataSource.getRepository(User).clear();
    ({ id } = await users.create({ username: 'Alice', password: 'correct horse', roles: ['user', 'admin'] }));
  });

  it('know a user under every spelling of the name', async () => {
    for (const name of ['alice', 'ALICE', 'Ａlice']) expect(await accounts.idOf(name)).toBe(id);
  });

  it.each(['bob', '', 'al ice', 'alice\u0000', 'alice\ud800', 'a'.repeat(300)])('know nobody called %j', async (name) => {
    expect(await accounts.idOf(name)).toBeUndefined();
  });

  it('verify a right password, and tell who it is and with which rights', async () => {
    expect(await accounts.verifyPassword(id, 'correct horse')).toMatchObject({
      userId: id,
      principal: { username: 'alice', roles: ['user', 'admin'] },
    });
  });

  it('take a password in either encoding of the same characters', async () => {
    await users.resetPassword(id, 'caf\u00e9 au lait', nothing);
    expect(await accounts.verifyPassword(id, 'cafe\u0301 au lait')).toBeDefined();
  });

  describe('compute exactly one hash and answer alike', () => {
    const cases: readonly (readonly [string, () => Promise<string | undefined>])[] = [
      ['for an unknown user', async () => undefined],
      ['for an id that is none', async () => "x' OR 1=1"],
      ['for a wrong password', async () => id],
      ['for a stopped account', async () => (await users.disable(id, nothing)).id],
    ];
    it.each(cases)('%s', async (_, given) => {
      const userId = await given();
      const before = algorithm.computed;
      const stopped = userId === id && (await users.byId(id)).disabledAt !== null;
      expect(await accounts.verifyPassword(userId, stopped ? 'correct horse' : 'wrong horse')).toBeUndefined();
      expect(algorithm.computed - before).toBe(1);
    });
  });

  it('ask the database the same questions for every name, known or not', async () => {
    await users.disable((await users.create({ username: 'stopped', password: 'correct horse', roles: [] })).id, nothing);
    const asked = async (name: string) => {
      const queries = new QueryLog();
      database.dataSource.setOptions({ logger: queries });
      expect(await accounts.verifyPassword(await accounts.idOf(name), 'wrong horse')).toBeUndefined();
      return queries.asked;
    };
    const known = await asked('alice');
    expect(known).toHaveLength(2);
    for (const name of ['stopped', 'nobody', '', 'al ice', 'a'.repeat(300)]) expect(await asked(name)).toEqual(known);
  });

  it('let a stopped account in again once it is enabled', async () => {
    await users.disable(id, nothing);
    await users.enable(id);
    expect(await accounts.verifyPassword(id, 'correct horse')).toBeDefined();
  });

  it('change a password for whoever verified the current one, and only once', async () => {
    const proof = await accounts.verifyPassword(id, 'correct horse');
    const version = proof?.passwordVersion ?? '';
    const changes = await Promise.all([
      accounts.changePassword(id, 'the first one', version, nothing),
      accounts.changePassword(id, 'the second one', version, nothing),
    ]);
    expect(changes.filter(Boolean)).toEqual([true]);
    expect(await accounts.changePassword(id, 'the third one', version, nothing)).toBe(false);
    expect(await accounts.verifyPassword(id, 'correct horse')).toBeUndefined();
    expect(await accounts.verifyPassword(id, changes[0] ? 'the first one' : 'the second one')).toBeDefined();
  });

  it('change a password and end its sessions in one transaction: when the ending fails, the old password stands', async () => {
    const proof = await accounts.verifyPassword(id, 'correct horse');
    const managers: object[] = [];
    const failing = async (transaction: object) => {
      managers.push(transaction);
      throw new Error('on purpose');
    };
    await expect(accounts.changePassword(id, 'a new horse', proof?.passwordVersion ?? '', failing)).rejects.toThrow('on purpose');
    expect(managers).toEqual([expect.objectContaining({ queryRunner: expect.anything() })]);
    expect(await accounts.verifyPassword(id, 'correct horse')).toBeDefined();
  });

  it('change nothing for an account that was stopped meanwhile', async () => {
    const proof = await accounts.verifyPassword(id, 'correct horse');
    await users.disable(id, nothing);
    expect(await accounts.changePassword(id, 'another horse', proof?.passwordVersion ?? '', nothing)).toBe(false);
  });

  it.each(['short 7', 'with\u0000nul and more', 'with \ufffd in it', 'x'.repeat(257), '\ud83d'.repeat(9)])(
    'refuse the new password %j',
    async (password) => {
      await expect(accounts.changePassword(id, password, 'any', nothing)).rejects.toBeInstanceOf(InvalidInputError);
    },
  );

  it.each(['8 chars!', 'x'.repeat(256), '\u{1f511}'.repeat(8), 'all of it blank   '])(
    'take the new password %j',
    async (password) => {
      const proof = await accounts.verifyPassword(id, 'correct horse');
      expect(await accounts.changePassword(id, password, proof?.passwordVersion ?? '', nothing)).toBe(true);
      expect(await accounts.verifyPassword(id, password)).toBeDefined();
    },
  );

  it('give a name to one user only, however many ask for it at once', async () => {
    const asked = await Promise.allSettled(
      ['bob', 'BOB', 'Bob'].map((username) => users.create({ username, password: 'password 1', roles: [] })),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(asked.flatMap((one) => (one.status === 'rejected' ? one.reason.errorCode : []))).toEqual([
      'username_taken',
      'username_taken',
    ]);
  });

  it('never hand a password hash to those who list users', async () => {
    expect(JSON.stringify([await users.list(), await users.byId(id)])).not.toMatch(/hash/i);
  });
});

describe('argon2id', () => {
  it('is what passwords are hashed with, in the parameters that OWASP names', async () => {
    const hasher = await PasswordHasher.create();
    const hashed = await hasher.hash('correct horse');
    expect(hashed).toMatch(/^\$argon2id\$v=19\$(m=19456,t=2,p=1)\$/);
    expect(await hasher.verify(hashed, 'correct horse')).toBe(true);
    expect(await hasher.verify(hashed, 'wrong horse')).toBe(false);
    expect(await hasher.verify(undefined, 'correct horse')).toBe(false);
  });

  it('is computed only so many times at once, and beyond a short queue not at all', async () => {
    let running = 0;
    let most = 0;
    const queue = new HashingQueue(2, 3);
    const one = () =>
      queue.run(async () => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
      });
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map(one));
    expect(most).toBe(2);
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), 'rejected', 'rejected']);
    expect(outcomes.at(-1)).toMatchObject({ reason: expect.any(BusyError) });
    await expect(one()).resolves.toBeUndefined(); // every place was given back
  });
});
