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
import { DeviceSecrets } from '../secrets/device-secrets.js';
import { KeyRing } from '../secrets/key-ring.js';
import { LOGIN_LIMITS, loginRulesOf } from './login-limits.js';
import { LoginThrottle } from './login-throttle.js';
import { PasswordCheck, type PasswordLogin, type PasswordProof } from './password-check.js';

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
  const rules = loginRulesOf({ ...LOGIN_LIMITS, account: { ...LOGIN_LIMITS.account, free: 3 } });
  const clock = new ManualClock();
  const fence = {
    isAway: false,
    read: async (userId: string) => {
      diary.push(`fence ${userId}`);
      if (fence.isAway) throw new StoreUnavailableError();
      return `fence of ${userId}`;
    },
  };
  const throttle = new LoginThrottle(counters, rules, randomBytes(32), clock);
  const devices = new DeviceSecrets(new KeyRing([randomBytes(32)]), randomBytes);
  const check = new PasswordCheck(accounts, fence.read, throttle, devices, clock, (event) => events.push(event));
  const passwords = {
    verify: (username: string, password: string, address: string, more: Partial<PasswordLogin> = {}) =>
      check.verify({ username, password, address, ...more }),
    withProof: check.withProof.bind(check),
  };
  return { diary, events, accounts, counters, clock, fence, devices, passwords };
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

  it('is no failure, and the count of the name is cleared', async () => {
    const { passwords, events } = checked();
    for (let i = 0; i < 10; i += 1) await passwords.verify('alice', PASSWORD, ADDRESS);
    expect(events.map(({ type }) => type)).toEqual(Array.from({ length: 10 }, () => 'login.succeeded'));
  });

  it('is told once, with how many failures in a row it comes after', async () => {
    const { passwords, events, clock } = checked();
    for (let i = 0; i < 2; i += 1) await passwords.verify('alice', 'wrong', ADDRESS).catch(() => undefined);
    for (let i = 0; i < 2; i += 1) await passwords.verify('alice', PASSWORD, ADDRESS);
    const told = { type: 'login.succeeded', at: clock.now(), userId: 'user-1', address: ADDRESS };
    expect(events.slice(2)).toEqual([
      { ...told, failures: 2 },
      { ...told, failures: 0 },
    ]);
  });

  it('is told by what it leads to where a session asks, and its failure with the door and the session', async () => {
    const { passwords, events } = checked();
    const asked = { sessionId: 'session-1', userId: 'user-1', purpose: 'password_change' } as const;
    await passwords.verify('alice', PASSWORD, ADDRESS, asked);
    expect(events).toEqual([]);
    await expect(passwords.verify('alice', 'wrong', ADDRESS, asked)).rejects.toThrow(InvalidCredentialsError);
    expect(events).toMatchObject([{ type: 'login.failed', ...asked }]);
  });

  it('of another user than the session that asks is a wrong one', async () => {
    const { passwords, events } = checked();
    const asked = { sessionId: 'session-2', userId: 'user-2', purpose: 'reauthentication' } as const;
    await expect(passwords.verify('alice', PASSWORD, ADDRESS, asked)).rejects.toThrow(InvalidCredentialsError);
    expect(events.map(({ type }) => type)).toEqual(['login.failed']);
  });

  it('that is fenced is told as one success, and as a failure when it is fenced again', async () => {
    const { passwords, events } = checked();
    const login = { username: 'alice', password: PASSWORD, address: ADDRESS };
    let fences = 1;
    const act = async () => {
      if (fences-- > 0) throw new FencedError();
    };
    await passwords.withProof(login, act);
    expect(events.map(({ type }) => type)).toEqual(['login.succeeded']);
    fences = 2;
    await expect(passwords.withProof(login, act)).rejects.toThrow(InvalidCredentialsError);
    expect(events.slice(1)).toMatchObject([
      { type: 'login.succeeded' },
      { type: 'login.failed', cause: 'fenced', purpose: 'login', userId: 'user-1', address: ADDRESS },
    ]);
  });
});

describe('a device that the user has logged in with', () => {
  const shutOut = async () => {
    const checks = checked();
    for (let i = 0; i < 3; i += 1) await checks.passwords.verify('alice', 'wrong', ADDRESS).catch(() => undefined);
    await expect(checks.passwords.verify('alice', PASSWORD, ADDRESS)).rejects.toThrow(TooManyAttemptsError);
    return checks;
  };

  it('logs in while strangers have used up the tries, and is known by its id', async () => {
    const { passwords, devices, clock } = await shutOut();
    const deviceSecret = devices.issue('user-1', clock.now(), 'AAAAAAAAAAAAAAAAAAAAAA');
    expect((await passwords.verify('alice', PASSWORD, ADDRESS, { deviceSecret })).device).toBe('AAAAAAAAAAAAAAAAAAAAAA');
  });

  it('as another user, or as nobody, is a stranger', async () => {
    const { passwords, devices, clock } = await shutOut();
    for (const userId of ['user-2', 'nobody', '']) {
      const deviceSecret = devices.issue(userId, clock.now());
      await expect(passwords.verify('alice', PASSWORD, ADDRESS, { deviceSecret })).rejects.toThrow(TooManyAttemptsError);
    }
  });

  it('need not be known where a live session asks', async () => {
    const { passwords } = await shutOut();
    const proof = await passwords.verify('alice', PASSWORD, ADDRESS, { sessionId: 'session-1' });
    expect(proof.device).toBeUndefined();
  });
});

describe('what a failure brings to light', () => {
  it('is told as events, beside the failure, without the name that was typed', async () => {
    const { passwords, events, clock } = checked();
    for (let i = 0; i < 20; i += 1) await passwords.verify(`canary-${i}`, 'wrong', ADDRESS).catch(() => undefined);
    expect(events.slice(19)).toEqual([
      { type: 'login.failed', at: clock.now(), cause: 'credentials', purpose: 'login', address: ADDRESS },
      { type: 'login.spraying', at: clock.now(), address: ADDRESS, names: 20 },
    ]);
    await passwords.verify('canary-20', 'wrong', ADDRESS).catch(() => undefined);
    expect(events.at(-1)).toEqual({
      type: 'login.throttled',
      at: clock.now(),
      purpose: 'login',
      address: ADDRESS,
      limit: 'address',
    });
  });

  it.each(['alice', 'nobody-here'])(
    'the hundredth in a row stops the name %s, which is told once, known or not',
    async (name) => {
      const { passwords, events, clock, diary } = checked();
      for (let i = 0; i < 110; i += 1) {
        await passwords.verify(name, 'wrong', `198.${i}.0.1`).catch(() => undefined);
        clock.forward(3_600_000);
      }
      const about = name === 'alice' ? { userId: 'user-1' } : {};
      expect(events.filter(({ type }) => type === 'login.failed')).toHaveLength(100);
      expect(events.filter(({ type }) => type === 'login.stopped')).toEqual([
        { type: 'login.stopped', at: expect.any(Number), address: '198.99.0.1', ...about },
      ]);
      expect(events.at(-1)).toEqual({
        type: 'login.throttled',
        at: expect.any(Number),
        purpose: 'login',
        address: '198.109.0.1',
        limit: 'stop',
        ...about,
      });
      diary.length = 0;
      await expect(passwords.verify(name, PASSWORD, ADDRESS)).rejects.toThrow(TooManyAttemptsError);
      expect(diary).toEqual(['id']);
    },
  );
});

describe('a password that is wrong', () => {
  it.each([
    ['for a known name', 'alice', 'user-1'],
    ['for an unknown name', 'nobody-here', undefined],
  ])('%s is refused with the same answer, after the same work', async (_, name, userId) => {
    const { passwords, diary, events, clock, counters } = checked();
    const error = await passwords.verify(name, 'wrong', ADDRESS).catch((reason: unknown) => reason);
    expect(error).toEqual(new InvalidCredentialsError());
    expect(diary).toEqual(['id', `fence ${userId ?? 'nobody'}`, `verify ${userId}`]);
    expect(counters.calls).toEqual([
      'pace login-address',
      'pace login-block',
      'pace login-account',
      'pace login-stop',
      'hit login-sprayed-name',
      'hit login-spraying',
    ]);
    const told = { type: 'login.failed', at: clock.now(), cause: 'credentials', purpose: 'login', address: ADDRESS };
    expect(events).toEqual([{ ...told, ...(userId ? { userId } : {}) }]);
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
    expect(events.map(({ type }) => type)).toEqual(['login.succeeded']);
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
