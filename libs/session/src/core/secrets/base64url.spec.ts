import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeBase64url, encodeBase64url } from './base64url.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');

describe('base64url', () => {
  it('comes back as the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('encodes a view, not the buffer behind it', () => {
    const pool = Buffer.from('before secret after');
    expect(encodeBase64url(pool.subarray(7, 13))).toBe(Buffer.from('secret').toString('base64url'));
  });

  it('has one spelling per value: whatever decodes, encodes to the same text', () => {
    const almost = fc.string({ unit: fc.constantFrom(...ALPHABET, '=', '+', '/', ' ', '\n', '.', '\u0000', 'é'), maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        const bytes = decodeBase64url(text);
        expect(bytes === undefined || encodeBase64url(bytes) === text).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [16, 4],
    [32, 16],
    [64, 4],
  ])('takes, of the 64 last characters that %i bytes could end in, only the %i without spare bits', (size, canonical) => {
    const head = encodeBase64url(Buffer.alloc(size, 0xa5)).slice(0, -1);
    expect(ALPHABET.filter((last) => decodeBase64url(head + last))).toHaveLength(canonical);
  });

  it.each(['AA==', 'AAA=', 'AA=', 'AA\n', ' AA', 'A A', 'A', 'AAAAA', 'A+A', 'A/A', 'AA\u0000', 'AÀ', 'ＡＡ'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64url(text)).toBeUndefined();
    },
  );
});
