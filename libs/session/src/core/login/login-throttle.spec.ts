import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { WatchedCounters } from '../../../spec/watched-counters.js';
import { StoreUnavailableError, TooManyAttemptsError } from '../errors.js';
import { LoginThrottle, type LoginAttempt } from './login-throttle.js';

const ADDRESS = '192.0.2.1';
const RULES = {
  account: { name: 'login-account', limit: 5, window: 900_000 },
  address: { name: 'login-address', limit: 20, window: 900_000 },
};

const by = (username: string, address: string): LoginAttempt => ({ username, address });

function throttled(rules: typeof RULES | undefined = RULES, key: Uint8Array = randomBytes(32)) {
  const counters = new WatchedCounters();
  return { counters, throttle: new LoginThrottle(counters, rules, key) };
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
    expect(error.retryAfter).toBeGreaterThanOrEqual(1);
    expect(error.retryAfter).toBeLessThanOrEqual(900);
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
    const throttle = new LoginThrottle(counters, undefined, randomBytes(32));
    expect(await allowed(throttle, 100, () => 'alice')).toBe(100);
    await throttle.succeeded(by('alice', ADDRESS));
    await throttle.lift('alice');
    expect(counters.keys).toEqual([]);
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
    expect(new Set(counters.keys).size).toBe(2);
  });

  it('reaches the store only as a pseudonym, another one under another key', async () => {
    const keysUnder = async (key: Uint8Array) => {
      const { throttle, counters } = throttled(RULES, key);
      await throttle.attempt(by('alice@example.com', ADDRESS));
      await throttle.succeeded(by('alice@example.com', ADDRESS));
      await throttle.lift('alice@example.com');
      return new Set(counters.keys);
    };
    const key = randomBytes(32);
    const keys = await keysUnder(key);
    expect(keys.size).toBe(2);
    expect([...keys].every((text) => /^[A-Za-z0-9_-]{22}$/.test(text))).toBe(true);
    expect(await keysUnder(key)).toEqual(keys);
    expect([...(await keysUnder(randomBytes(32)))].some((text) => keys.has(text))).toBe(false);
  });
});

describe('a good password', () => {
  it('clears the count of its name', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 5, () => 'alice');
    await throttle.succeeded(by('alice', ADDRESS));
    expect(await allowed(throttle, 10, () => 'alice')).toBe(5);
  });

  it('takes back only its own try from the address: an account of his own does not clear the guesser', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 19, (i) => `victim-${i}`);
    for (let i = 0; i < 10; i += 1) {
      await throttle.attempt(by('mallory', ADDRESS));
      await throttle.succeeded(by('mallory', ADDRESS));
    }
    expect(await allowed(throttle, 5, (i) => `other-${i}`)).toBe(1);
  });
});

describe('an attempt that was never judged', () => {
  it('is taken back from name and address', async () => {
    const { throttle } = throttled();
    for (let i = 0; i < 30; i += 1) {
      await throttle.attempt(by('alice', ADDRESS));
      await throttle.withdraw(by('alice', ADDRESS));
    }
    expect(await allowed(throttle, 10, () => 'alice')).toBe(5);
  });

  it('clears nothing of what was counted before', async () => {
    const { throttle } = throttled();
    await allowed(throttle, 4, () => 'alice');
    await throttle.attempt(by('alice', ADDRESS));
    await throttle.withdraw(by('alice', ADDRESS));
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
    await expect(throttle.attempt(by('ada', '198.51.100.7'))).resolves.toBeUndefined();
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
    await expect(throttle.attempt(by('name', '::ffff:198.51.100.7'))).resolves.toBeUndefined();
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
    counters.isAway = true;
    await expect(throttle.attempt(by('alice', ADDRESS))).rejects.toThrow(StoreUnavailableError);
    await expect(throttle.succeeded(by('alice', ADDRESS))).rejects.toThrow(StoreUnavailableError);
    await expect(throttle.lift('alice')).rejects.toThrow(StoreUnavailableError);
  });
});
