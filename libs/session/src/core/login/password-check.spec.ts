import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { ManualClock } from '../../../spec/manual-clock.js';
import { WatchedCounters } from '../../../spec/watched-counters.js';
import {
  BusyError,
  FencedError,
  InvalidCredentialsError,
  SessionLimitError,
  StoreUnavailableError,
  TooManyAttemptsError,
} from '../errors.js';
import type { SessionEvent } from '../events.js';
import { Accounts, type VerifiedAccount } from '../ports/accounts.js';
import { LoginThrottle } from './login-throttle.js';
import { PasswordCheck, type PasswordProof } from './password-check.js';

const ADDRESS = '192.0.2.1';
const PASSWORD = 'correct horse battery';

/** One user, and a diary of what was asked in which order. */
class OneUser extends Accounts {
  password = PASSWORD;
  trouble: Error | undefined;

  constructor(private readonly diary: string[]) {
    super();
  }

  async idOf(username: string): Promise<string | undefined> {
    this.diary.push('id');
    return username.toLowerCase() === 'alice' ? 'user-1' : undefined;
  }

  async verifyPassword(userId: string | undefined, password: string): Promise<VerifiedAccount | undefined> {
    this.diary.push(`verify ${userId}`);
    if (this.trouble) throw this.trouble;
    if (userId === undefined || password !== this.password) return undefined;
    return { userId, principal: { username: 'alice', roles: [] }, passwordVersion: '1' };
  }

  async changePassword(): Promise<boolean> {
    return false;
  }
}

function checked() {
  const diary: string[] = [];
  const events: SessionEvent[] = [];
  const accounts = new OneUser(diary);
  const counters = new WatchedCounters();
  const rules = {
    account: { name: 'login-account', limit: 3, window: 900_000 },
    address: { name: 'login-address', limit: 100, window: 900_000 },
  };
  const clock = new ManualClock();
  const fence = {
    isAway: false,
    read: async (userId: string) => {
      diary.push(`fence ${userId}`);
      if (fence.isAway) throw new StoreUnavailableError();
      return `fence of ${userId}`;
    },
  };
  const throttle = new LoginThrottle(counters, rules, randomBytes(32));
  const passwords = new PasswordCheck(accounts, fence.read, throttle, clock, (event) => events.push(event));
  return { diary, events, accounts, counters, clock, fence, passwords };
}

describe('a password that is right', () => {
  it('gives the account, and the fence as it stood before', async () => {
    const { passwords } = checked();
    expect(await passwords.verify('alice', PASSWORD, ADDRESS)).toMatchObject({
      account: { userId: 'user-1', passwordVersion: '1' },
      fence: 'fence of user-1',
    });
  });

  it('is checked after the fence was read, never before (P2)', async () => {
    const { passwords, diary } = checked();
    await passwords.verify('alice', PASSWORD, ADDRESS);
    expect(diary).toEqual(['id', 'fence user-1', 'verify user-1']);
  });

  it('is no failure: no event, and the count of the name is cleared', async () => {
    const { passwords, events } = checked();
    for (let i = 0; i < 10; i += 1) await passwords.verify('alice', PASSWORD, ADDRESS);
    expect(events).toEqual([]);
  });
});

describe('a password that is wrong', () => {
  it.each([
    ['for a known name', 'alice', 'user-1'],
    ['for an unknown name', 'nobody-here', undefined],
  ])('%s is refused with the same answer, after the same work', async (_, name, userId) => {
    const { passwords, diary, events, clock } = checked();
    const error = await passwords.verify(name, 'wrong', ADDRESS).catch((reason: unknown) => reason);
    expect(error).toEqual(new InvalidCredentialsError());
    expect(diary).toEqual(['id', `fence ${userId ?? 'nobody'}`, `verify ${userId}`]);
    expect(events).toEqual([{ type: 'login.failed', at: clock.now(), address: ADDRESS, ...(userId ? { userId } : {}) }]);
  });

  it.each(['alice', 'nobody-here'])('%s is throttled alike, known or not: then nothing is checked any more', async (name) => {
    const { passwords, diary, events } = checked();
    for (let i = 0; i < 3; i += 1)
      await expect(passwords.verify(name, 'wrong', ADDRESS)).rejects.toThrow(InvalidCredentialsError);
    diary.length = 0;
    await expect(passwords.verify(name, PASSWORD, ADDRESS)).rejects.toThrow(TooManyAttemptsError);
    expect(diary).toEqual(['id']);
    expect(events.map(({ type }) => type)).toEqual(['login.failed', 'login.failed', 'login.failed', 'login.throttled']);
  });

  it('in a parallel burst is checked no more often than the limit', async () => {
    const { passwords, diary } = checked();
    await Promise.allSettled(Array.from({ length: 40 }, () => passwords.verify('alice', 'wrong', ADDRESS)));
    expect(diary.filter((entry) => entry.startsWith('verify'))).toHaveLength(3);
  });

  it('leaves neither itself nor the name that was typed in the audit trail', async () => {
    const { passwords, events } = checked();
    for (let i = 0; i < 5; i += 1)
      await passwords.verify('my-passw0rd-in-the-wrong-field', 'wrong-canary', ADDRESS).catch(() => undefined);
    expect(events).toHaveLength(5);
    expect(JSON.stringify(events)).not.toMatch(/my-passw0rd|wrong-canary/);
  });
});

describe('when nothing can be said of the password', () => {
  it('because too many are checked at once, the attempt does not count against its name', async () => {
    const { passwords, accounts, events } = checked();
    accounts.trouble = new BusyError();
    for (let i = 0; i < 10; i += 1) await expect(passwords.verify('alice', PASSWORD, ADDRESS)).rejects.toThrow(BusyError);
    accounts.trouble = undefined;
    await expect(passwords.verify('alice', PASSWORD, ADDRESS)).resolves.toBeDefined();
    expect(events).toEqual([]);
  });

  it('because the accounts are away, it does not either, and the reason is passed on', async () => {
    const { passwords, accounts } = checked();
    accounts.trouble = new Error('connection refused');
    for (let i = 0; i < 10; i += 1)
      await expect(passwords.verify('alice', PASSWORD, ADDRESS)).rejects.toThrow('connection refused');
    accounts.trouble = undefined;
    await expect(passwords.verify('alice', PASSWORD, ADDRESS)).resolves.toBeDefined();
  });

  it('because the session store is away, it is not even checked, and that is no refusal (P7)', async () => {
    const { passwords, fence, diary, events } = checked();
    fence.isAway = true;
    await expect(passwords.verify('alice', PASSWORD, ADDRESS)).rejects.toThrow(StoreUnavailableError);
    expect(diary).toEqual(['id', 'fence user-1']);
    expect(events).toEqual([]);
  });

  it('because the counters are away, it is not checked, and that is no throttling', async () => {
    const { passwords, counters, diary, events } = checked();
    counters.isAway = true;
    await expect(passwords.verify('alice', PASSWORD, ADDRESS)).rejects.toThrow(StoreUnavailableError);
    expect(diary).toEqual(['id']);
    expect(events).toEqual([]);
  });

  it('and the counters went away as well, the first reason is passed on', async () => {
    const { passwords, accounts, counters } = checked();
    accounts.trouble = new BusyError();
    const verify = accounts.verifyPassword.bind(accounts);
    accounts.verifyPassword = (userId, password) => {
      counters.isAway = true;
      return verify(userId, password);
    };
    await expect(passwords.verify('alice', PASSWORD, ADDRESS)).rejects.toThrow(BusyError);
  });
});

describe('acting on a proof', () => {
  const login = { username: 'alice', password: PASSWORD, address: ADDRESS };

  it('passes on what came of it', async () => {
    const { passwords } = checked();
    expect(await passwords.withProof(login, async ({ fence }) => fence)).toBe('fence of user-1');
  });

  it('uses a proof that is there already, without checking again', async () => {
    const { passwords, diary } = checked();
    const proof = await passwords.verify('alice', PASSWORD, ADDRESS);
    diary.length = 0;
    expect(await passwords.withProof(login, async (used) => used, proof)).toBe(proof);
    expect(diary).toEqual([]);
  });

  it('when the fence has moved, checks the password once more, behind a fence read anew', async () => {
    const { passwords, diary } = checked();
    const proofs: PasswordProof[] = [];
    const opened = await passwords.withProof(login, async (proof) => {
      if (proofs.push(proof) === 1) throw new FencedError();
      return 'opened';
    });
    expect(opened).toBe('opened');
    expect(proofs[0]).not.toBe(proofs[1]);
    expect(diary).toEqual(['id', 'fence user-1', 'verify user-1', 'id', 'fence user-1', 'verify user-1']);
  });

  it('when the password changed meanwhile, is refused and not tried again', async () => {
    const { passwords, accounts } = checked();
    let calls = 0;
    const act = async () => {
      calls += 1;
      accounts.password = 'another one';
      throw new FencedError();
    };
    await expect(passwords.withProof(login, act)).rejects.toThrow(InvalidCredentialsError);
    expect(calls).toBe(1);
  });

  it('when the fence moved a second time, is refused like a wrong password', async () => {
    const { passwords } = checked();
    let calls = 0;
    const act = async () => {
      calls += 1;
      throw new FencedError();
    };
    await expect(passwords.withProof(login, act)).rejects.toEqual(new InvalidCredentialsError());
    expect(calls).toBe(2);
  });

  it.each([
    ['the first time', 1],
    ['the second time', 2],
  ])('passes on any other error of %s, and does not try again', async (_, failing) => {
    const { passwords } = checked();
    let calls = 0;
    const act = async () => {
      calls += 1;
      throw calls === failing ? new SessionLimitError() : new FencedError();
    };
    await expect(passwords.withProof(login, act)).rejects.toThrow(SessionLimitError);
    expect(calls).toBe(failing);
  });

  it('does nothing when the password is wrong', async () => {
    const { passwords } = checked();
    let calls = 0;
    const act = async () => (calls += 1);
    await expect(passwords.withProof({ ...login, password: 'wrong' }, act)).rejects.toThrow(InvalidCredentialsError);
    expect(calls).toBe(0);
  });
});
