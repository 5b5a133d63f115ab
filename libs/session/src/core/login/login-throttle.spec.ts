import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { ManualClock } from '../../../spec/manual-clock.js';
import { WatchedCounters } from '../../../spec/watched-counters.js';
import { StoreUnavailableError, TooManyAttemptsError } from '../errors.js';
import { days, hours, minutes, seconds } from '../options/durations.js';
import { LOGIN_LIMITS, loginRulesOf } from './login-limits.js';
import { LoginThrottle, type LoginAttempt } from './login-throttle.js';

const ADDRESS = '192.0.2.1';
const RULES = loginRulesOf({ ...LOGIN_LIMITS, address: { ...LOGIN_LIMITS.address, free: 20 } });

const by = (username: string, address: string): LoginAttempt => ({ username, address });

function throttled(rules: typeof RULES | undefined = RULES, key: Uint8Array = randomBytes(32)) {
  const counters = new WatchedCounters();
  const clock = new ManualClock();
  return { counters, clock, throttle: new LoginThrottle(counters, rules, key, clock) };
}

/** A failure, or the error that kept it from being tried. */
async function fail(throttle: LoginThrottle, attempt: LoginAttempt) {
  try {
    return await throttle.failed(await throttle.attempt(attempt));
  } catch (error) {
    if (error instanceof TooManyAttemptsError) return error;
    throw error;
  }
}

/** A good login. */
async function logIn(throttle: LoginThrottle, attempt: LoginAttempt): Promise<void> {
  await throttle.succeeded(await throttle.attempt(attempt));
}

/** How many of so many parallel attempts get through. */
async function allowed(throttle: LoginThrottle, count: number, name: (i: number) => string, address = (_: number) => ADDRESS) {
  const attempts = Array.from({ length: count }, (_, i) => throttle.attempt(by(name(i), address(i))));
  const outcomes = await Promise.allSettled(attempts);
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(refusals.filter((reason) => !(reason instanceof TooManyAttemptsError))).toEqual([]);
  return count - refusals.length;
}

describe('guessing passwords', () => {
  it('of one name, a parallel burst gets no more tries than the limit', async () => {
    const { throttle } = throttled();
    expect(await allowed(throttle, 15, () => 'alice')).toBe(5);
    expect(await allowed(throttle, 5, () => 'alice')).toBe(0);
  });

  it('of one name from many addresses, a burst gets no more either', async () => {
    const { throttle } = throttled();
    expect(
      await allowed(
        throttle,
        50,
        () => 'alice',
        (i) => `192.0.2.${i}`,
      ),
    ).toBe(5);
  });

  it('of many names from one address, a burst gets no more tries than the limit of the address', async () => {
    const { throttle } = throttled();
    expect(await allowed(throttle, 60, (i) => `user-${i}`)).toBe(20);
  });

  it('is answered with the seconds to wait', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 5, () => 'alice');
    const error = await throttle.attempt(by('alice', ADDRESS)).catch((reason: unknown) => reason);
    if (!(error instanceof TooManyAttemptsError)) throw new Error('it was let through');
    expect(Number.isInteger(error.retryAfter)).toBe(true);
    expect(error.retryAfter).toBe(30);
  });

  it('of one name leaves other names and other addresses alone', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 10, () => 'alice');
    expect(
      await allowed(
        throttle,
        5,
        () => 'bob',
        () => '198.51.100.7',
      ),
    ).toBe(5);
  });

  it('can be switched off, and then counts nothing', async () => {
    const { counters } = throttled();
    const throttle = new LoginThrottle(counters, undefined, randomBytes(32), new ManualClock());
    expect(await allowed(throttle, 100, () => 'alice')).toBe(100);
    await logIn(throttle, by('alice', ADDRESS));
    expect(await fail(throttle, by('alice', ADDRESS))).toEqual({ stopped: false, sprayed: undefined });
    await throttle.lift('alice');
    expect(counters.keys).toEqual([]);
  });
});

describe('the delays of a name', () => {
  /** The seconds to wait before each try from the sixth on, when every one is made as soon as it may be. */
  async function waits(count: number) {
    const { throttle, clock } = throttled();
    await allowed(throttle, 5, () => 'alice');
    const told: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const refusal = await fail(throttle, by('alice', ADDRESS));
      if (!(refusal instanceof TooManyAttemptsError)) throw new Error('it did not have to wait');
      told.push(refusal.retryAfter);
      clock.forward(seconds(refusal.retryAfter));
      await throttle.attempt(by('alice', `198.51.100.${i}`));
    }
    return told;
  }

  it('grow from half a minute to an hour, and no further', async () => {
    expect(await waits(10)).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
  });

  it('are over when the wait is: below the stop nobody is locked out', async () => {
    const { throttle, clock } = throttled();
    for (let i = 0; i < 20; i += 1) {
      await fail(throttle, by('alice', ADDRESS));
      clock.forward(hours(1));
    }
    await expect(logIn(throttle, by('alice', ADDRESS))).resolves.toBeUndefined();
  });

  it('are not made longer by trying while they last', async () => {
    const { throttle, clock } = throttled();
    await allowed(
      throttle,
      100,
      () => 'alice',
      (i) => `198.51.${i}.1`,
    );
    clock.forward(seconds(30));
    await expect(logIn(throttle, by('alice', ADDRESS))).resolves.toBeUndefined();
  });
});

describe('a known device', () => {
  const known = { ...by('alice', ADDRESS), knownAs: 'a device of alice' };

  it('is not kept out by strangers who use up the tries of the name, nor by those of its address', async () => {
    const { throttle } = throttled();
    await allowed(
      throttle,
      10,
      () => 'alice',
      (i) => `198.51.${i}.1`,
    );
    await allowed(throttle, 40, (i) => `name-${i}`);
    expect(await fail(throttle, by('alice', '203.0.113.1'))).toBeInstanceOf(TooManyAttemptsError);
    await expect(logIn(throttle, known)).resolves.toBeUndefined();
  });

  it('that logs in gives strangers no further tries', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 5, () => 'alice');
    await logIn(throttle, known);
    expect(await allowed(throttle, 5, () => 'alice')).toBe(0);
  });

  it('has tries of its own, and beyond them is a stranger', async () => {
    const { throttle } = throttled();
    const tries = await Promise.allSettled(Array.from({ length: 40 }, () => throttle.attempt(known)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(10 + 5);
  });

  it('that was shut out by its own mistakes gets in after a reset', async () => {
    const { throttle } = throttled();
    for (let i = 0; i < 20; i += 1) await fail(throttle, known);
    expect(await fail(throttle, known)).toBeInstanceOf(TooManyAttemptsError);
    await throttle.lift('alice');
    await expect(logIn(throttle, known)).resolves.toBeUndefined();
  });
});

describe('a hundred failures in a row', () => {
  /** Fails as fast as the delays allow, each time from another network, until the name is stopped. */
  async function stopped(known = false) {
    const { throttle, clock, counters } = throttled();
    const findings = [];
    for (let i = 0; i < 100; i += 1) {
      const device = known && i % 2 === 0 ? { knownAs: 'a device of alice' } : {};
      findings.push(await fail(throttle, { ...by('alice', `198.${i}.0.1`), ...device }));
      clock.forward(hours(1));
    }
    return { throttle, clock, counters, findings };
  }

  it.each([false, true])(
    'end the tries of a name, told once, whoever made them (known devices among them: %s)',
    async (known) => {
      const { throttle, findings } = await stopped(known);
      expect(findings).toEqual([
        ...Array.from({ length: 99 }, () => ({ stopped: false, sprayed: undefined })),
        { stopped: true, sprayed: undefined },
      ]);
      const refusal = await fail(throttle, by('Alice', '203.0.113.1'));
      expect(refusal).toMatchObject({ limit: 'stop', retryAfter: 3600 });
      expect(await fail(throttle, { ...by('alice', ADDRESS), knownAs: 'another device of alice' })).toMatchObject({
        limit: 'stop',
      });
    },
  );

  it('end them for good, until a reset', async () => {
    const { throttle, clock } = await stopped();
    clock.forward(days(3_000));
    expect(await fail(throttle, by('alice', '203.0.113.1'))).toMatchObject({ limit: 'stop' });
    await throttle.lift('alice');
    clock.forward(hours(1));
    await expect(logIn(throttle, by('alice', '203.0.113.1'))).resolves.toBeUndefined();
  });

  it('are not in a row when a good login lies between, also one from a known device', async () => {
    const { throttle, clock } = throttled();
    for (let i = 0; i < 300; i += 1) {
      expect(await fail(throttle, by('alice', `198.${i % 256}.0.1`))).toEqual({ stopped: false, sprayed: undefined });
      clock.forward(hours(1));
      if (i % 99 === 98) await logIn(throttle, { ...by('alice', ADDRESS), knownAs: 'a device of alice' });
    }
  });

  it('are those that were tried: a flood against a name that has to wait stops nobody', async () => {
    const { throttle, clock } = throttled();
    await allowed(
      throttle,
      500,
      () => 'alice',
      (i) => `198.51.${i % 256}.${i >> 8}`,
    );
    clock.forward(seconds(30));
    await expect(logIn(throttle, by('alice', ADDRESS))).resolves.toBeUndefined();
  });

  it('in one burst are no more than a hundred', async () => {
    const rules = { ...RULES, account: { ...RULES.account, free: 1_000 } };
    const { throttle } = throttled(rules);
    expect(
      await allowed(
        throttle,
        150,
        () => 'alice',
        (i) => `198.${i}.0.1`,
      ),
    ).toBe(100);
  });
});

describe('many names that fail from one address', () => {
  const spray = async (throttle: LoginThrottle, from: number, to: number, address = ADDRESS) => {
    const findings = [];
    for (let i = from; i < to; i += 1) findings.push(await fail(throttle, by(`name-${i}`, address)));
    return findings;
  };
  const seen = (findings: readonly unknown[]) =>
    findings.filter((finding) => JSON.stringify(finding) === JSON.stringify({ stopped: false, sprayed: 20 })).length;

  it('are seen once, and use up what the address has free', async () => {
    const { throttle, clock } = throttled(loginRulesOf(LOGIN_LIMITS));
    expect(seen(await spray(throttle, 0, 20))).toBe(1);
    expect(await fail(throttle, by('name-20', ADDRESS))).toMatchObject({ limit: 'address', retryAfter: 900 });
    await expect(logIn(throttle, by('name-21', '192.0.2.2'))).resolves.toBeUndefined();
    clock.forward(minutes(15));
    expect(seen(await spray(throttle, 20, 40))).toBe(0); // the same window of the counters, whose time is their own
  });

  it('are only reported where the host says so', async () => {
    const limits = { ...LOGIN_LIMITS, spraying: { ...LOGIN_LIMITS.spraying, policy: 'report' as const } };
    const { throttle } = throttled(loginRulesOf(limits));
    expect(seen(await spray(throttle, 0, 50))).toBe(1);
    await expect(logIn(throttle, by('name-50', ADDRESS))).resolves.toBeUndefined();
  });

  it('are not one name that fails again and again, nor many that are right', async () => {
    const { throttle, clock } = throttled(loginRulesOf(LOGIN_LIMITS));
    for (let i = 0; i < 40; i += 1) {
      expect(await fail(throttle, by('alice', ADDRESS))).toEqual({ stopped: false, sprayed: undefined });
      await logIn(throttle, by(`name-${i}`, ADDRESS));
      clock.forward(hours(1));
    }
  });
});

describe('a block of addresses', () => {
  const limits = { ...LOGIN_LIMITS, block: { ...LOGIN_LIMITS.block, free: 30 } };

  it.each([
    ['an IPv4 /24', (i: number) => `192.0.2.${i}`, '192.0.3.1'],
    ['an IPv6 /48', (i: number) => `2001:db8:1:${i.toString(16)}::1`, '2001:db8:2::1'],
  ])('%s has tries of its own, more than one address of it', async (_, inside, outside) => {
    const { throttle } = throttled(loginRulesOf(limits));
    expect(await allowed(throttle, 60, (i) => `name-${i}`, inside)).toBe(30);
    expect(await fail(throttle, by('name', inside(200)))).toMatchObject({ limit: 'block', retryAfter: 1 });
    await expect(logIn(throttle, by('name', outside))).resolves.toBeUndefined();
  });
});

describe('a name', () => {
  it.each([
    ['in capitals', 'ALICE@EXAMPLE.COM'],
    ['in wide letters', 'ａｌｉｃｅ@example.com'],
    ['with spaces around it', '  alice@example.com\u00a0'],
  ])('has one count however it is written: %s', async (_, spelling) => {
    const { throttle } = throttled();
    await allowed(throttle, 5, () => 'alice@example.com');
    expect(await allowed(throttle, 1, () => spelling)).toBe(0);
  });

  it('with an accent has one count, composed and decomposed', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 5, () => 'ren\u00e9');
    expect(await allowed(throttle, 1, () => 'rene\u0301')).toBe(0);
    expect(await allowed(throttle, 1, () => 'rene')).toBe(1);
  });

  it('never shares its count with an address of the same text', async () => {
    const { throttle, counters } = throttled();
    await throttle.attempt(by('192.0.2.1', '192.0.2.1'));
    expect(new Set(counters.keys).size).toBe(3); // the name (its delays and its stop), the address, and the block of it
  });

  it('reaches the store only as a pseudonym, another one under another key', async () => {
    const keysUnder = async (key: Uint8Array) => {
      const { throttle, counters } = throttled(RULES, key);
      await fail(throttle, by('alice@example.com', ADDRESS));
      await logIn(throttle, { ...by('alice@example.com', ADDRESS), knownAs: 'a device of alice' });
      await throttle.lift('alice@example.com');
      return new Set(counters.keys);
    };
    const key = randomBytes(32);
    const keys = await keysUnder(key);
    expect(keys.size).toBe(5); // name, address, block, this name from this address, device
    expect([...keys].every((text) => /^[A-Za-z0-9_-]{22}$/.test(text))).toBe(true);
    expect(await keysUnder(key)).toEqual(keys);
    expect([...(await keysUnder(randomBytes(32)))].some((text) => keys.has(text))).toBe(false);
  });
});

describe('a good password', () => {
  it('clears the count of its name', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 4, () => 'alice');
    await logIn(throttle, by('alice', ADDRESS));
    expect(await allowed(throttle, 10, () => 'alice')).toBe(5);
  });

  it('takes back only its own try from the address: an account of his own does not clear the guesser', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 19, (i) => `victim-${i}`);
    for (let i = 0; i < 10; i += 1) await logIn(throttle, by('mallory', ADDRESS));
    expect(await allowed(throttle, 5, (i) => `other-${i}`)).toBe(1);
  });
});

describe('an attempt that was never judged', () => {
  it('is taken back from name and address', async () => {
    const { throttle } = throttled();
    for (let i = 0; i < 300; i += 1) await throttle.withdraw(await throttle.attempt(by('alice', ADDRESS)));
    expect(await allowed(throttle, 10, () => 'alice')).toBe(5);
  });

  it('clears nothing of what was counted before', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 4, () => 'alice');
    await throttle.withdraw(await throttle.attempt(by('alice', ADDRESS)));
    expect(await allowed(throttle, 5, () => 'alice')).toBe(1);
  });
});

describe('after a reset of the password', () => {
  it('the user may try again at once, and nobody else', async () => {
    const { throttle } = throttled();
    const exhaust = async (attempt: LoginAttempt) => {
      for (let i = 0; i < 5; i += 1) await throttle.attempt(attempt);
      await expect(throttle.attempt(attempt)).rejects.toThrow(TooManyAttemptsError);
    };
    await exhaust(by('alice', ADDRESS));
    await exhaust(by('bob', '198.51.100.7'));
    await throttle.lift('Alice');
    await exhaust(by('Alice', '203.0.113.9'));
    await expect(throttle.attempt(by('bob', '203.0.113.10'))).rejects.toThrow(TooManyAttemptsError);
  });
});

describe('a user', () => {
  it('is not locked out by an address that has used up its own attempts', async () => {
    const { throttle } = throttled();
    for (let i = 0; i < 20; i += 1) await throttle.attempt(by(`name-${i}`, ADDRESS));
    for (let i = 0; i < 20; i += 1) {
      await expect(throttle.attempt(by('ada', ADDRESS))).rejects.toThrow(TooManyAttemptsError);
    }
    await expect(logIn(throttle, by('ada', '198.51.100.7'))).resolves.toBeUndefined();
  });
});

describe('an IPv6 network', () => {
  it('has one count for its /64, within which anyone may change his address at will', async () => {
    const { throttle } = throttled();
    const inside = ['2001:db8:0:1::1', '2001:0db8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1:2:3:4:5%eth0'];
    for (let i = 0; i < 20; i += 1) await throttle.attempt(by(`name-${i}`, inside[i % 3] ?? ''));
    await expect(throttle.attempt(by('name', '2001:DB8:0:1::77'))).rejects.toThrow(TooManyAttemptsError);
    for (const outside of ['2001:db8:0:2::1', '2001:db8::1', '::1', '::']) await throttle.attempt(by('name-x', outside));
  });
});

describe('an IPv4 address', () => {
  it('in the clothes of an IPv6 one has a count of its own: a /64 of them would be everybody', async () => {
    const { throttle } = throttled();
    for (let i = 0; i < 20; i += 1) await throttle.attempt(by(`name-${i}`, '::ffff:192.0.2.1'));
    await expect(throttle.attempt(by('name', '::ffff:192.0.2.1'))).rejects.toThrow(TooManyAttemptsError);
    await expect(logIn(throttle, by('name', '::ffff:198.51.100.7'))).resolves.toBeUndefined();
  });

  it('has one count, mapped or plain', async () => {
    const { throttle } = throttled();
    const spellings = ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:0201', '64:ff9b::192.0.2.1'];
    for (let i = 0; i < 20; i += 1) await throttle.attempt(by(`name-${i}`, spellings[i % 4] ?? ''));
    for (const spelling of spellings) await expect(throttle.attempt(by('name', spelling))).rejects.toThrow(TooManyAttemptsError);
  });
});

describe('while the counters are away', () => {
  it('nothing is let through, and nobody is told to wait', async () => {
    const { throttle, counters } = throttled();
    const counted = await throttle.attempt(by('alice', ADDRESS));
    counters.isAway = true;
    await expect(throttle.attempt(by('alice', ADDRESS))).rejects.toThrow(StoreUnavailableError);
    await expect(throttle.succeeded(counted)).rejects.toThrow(StoreUnavailableError);
    await expect(throttle.failed(counted)).rejects.toThrow(StoreUnavailableError);
    await expect(throttle.lift('alice')).rejects.toThrow(StoreUnavailableError);
  });
});
