import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { mac, sameBytes } from './mac.js';

const KEY = Buffer.alloc(32, 7);

describe('the MAC over parts', () => {
  it('is HMAC-SHA256 over each part after its length: it may never change, or every session ends', () => {
    const message = Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('ab'), Buffer.from([0, 0, 0, 2]), Buffer.from('é')]);
    expect(mac(KEY, ['ab', 'é'])).toEqual(createHmac('sha256', KEY).update(message).digest());
  });

  it('tells lists apart that join to one text', () => {
    const lists = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc'], ['a', 'b', 'c'], ['c', 'ab']];
    expect(new Set(lists.map((parts) => mac(KEY, parts).toString('hex'))).size).toBe(lists.length);
  });

  it('tells parts apart that imitate a length', () => {
    expect(mac(KEY, ['a\u0000\u0000\u0000\u0001b'])).not.toEqual(mac(KEY, ['a', 'b']));
  });

  it('is another one under another key', () => {
    expect(mac(Buffer.alloc(32, 8), ['a'])).not.toEqual(mac(KEY, ['a']));
  });
});

describe('the comparison of bytes', () => {
  it.each([
    ['equal', [1, 2], [1, 2], true],
    ['empty', [], [], true],
    ['different', [1, 2], [1, 3], false],
    ['a prefix', [1], [1, 2], false],
    ['nothing against something', [], [1], false],
  ])('%s', (_, a, b, same) => {
    expect(sameBytes(Buffer.from(a), Buffer.from(b))).toBe(same);
  });
});
