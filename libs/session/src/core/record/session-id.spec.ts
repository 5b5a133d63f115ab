import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { isSessionId, SessionIds } from './session-id.js';

const ids = new SessionIds(Buffer.from('the slot secret of this spec'), randomBytes);

describe('session ids', () => {
  it('are never twice the same and always of one shape, in 100,000', () => {
    const made = Array.from({ length: 100_000 }, () => ids.create('user-1'));
    expect(new Set(made).size).toBe(100_000);
    expect(made.filter((id) => !isSessionId(id))).toEqual([]);
  });

  it('are random in each of their 128 bits', () => {
    const count = 10_000;
    const ones = new Uint32Array(128);
    for (let i = 0; i < count; i += 1) {
      const random = Buffer.from(ids.create('user-1').slice(5), 'base64url');
      for (let bit = 0; bit < 128; bit += 1) ones[bit] = (ones[bit] ?? 0) + (((random[bit >> 3] ?? 0) >> (bit & 7)) & 1);
    }
    // 0.035 is seven standard deviations
    expect(Math.max(...Array.from(ones, (n) => Math.abs(n / count - 0.5)))).toBeLessThan(0.035);
  });

  it('carry the slot of their user, the same for ever', () => {
    const again = new SessionIds(Buffer.from('the slot secret of this spec'), randomBytes);
    expect(ids.slotOf('user-1')).toMatch(/^[0-9a-f]{4}$/);
    expect(again.slotOf('user-1')).toBe(ids.slotOf('user-1'));
    expect(ids.create('user-1')).toMatch(new RegExp(`^${ids.slotOf('user-1')}\\.`));
  });

  it('have slots that spread over users and cannot be linked to them without the secret', () => {
    const users = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);
    const other = new SessionIds(Buffer.from('another slot secret'), randomBytes);
    expect(new Set(users.map((user) => ids.slotOf(user))).size).toBeGreaterThan(980);
    expect(users.filter((user) => ids.slotOf(user) === other.slotOf(user)).length).toBeLessThan(5);
  });

  it.each([
    ['upper-case hex', 'AB12.AAAAAAAAAAAAAAAAAAAAAA'],
    ['a short slot', 'ab1.AAAAAAAAAAAAAAAAAAAAAA'],
    ['spare bits', 'ab12.AAAAAAAAAAAAAAAAAAAAAB'],
    ['padding', 'ab12.AAAAAAAAAAAAAAAAAAAAAA=='],
    ['a trailing newline', 'ab12.AAAAAAAAAAAAAAAAAAAAAA\n'],
    ['a leading space', ' ab12.AAAAAAAAAAAAAAAAAAAAAA'],
    ['too few characters', 'ab12.AAAAAAAAAAAAAAAAAAAAA'],
    ['too many characters', 'ab12.AAAAAAAAAAAAAAAAAAAAAAA'],
    ['plain base64', 'ab12.AAAAAAAAAAAAAAAAAAAA+A'],
    ['a wildcard', '*'],
    ['NUL', 'ab12.AAAAAAAAAAAAAAAAAAAAA\u0000'],
    ['a name of Object.prototype', '__proto__'],
    ['an emoji', '\u{1F600}'],
    ['10 kB', 'a'.repeat(10_240)],
    ['nothing', ''],
  ])('have one spelling: %s is none', (_, text) => {
    expect(isSessionId(text)).toBe(false);
  });
});
