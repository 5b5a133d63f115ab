import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { KeyRing } from '../../secrets/key-ring.js';
import { DpopNonces, NONCE_SLICE } from './dpop-nonces.js';

const START = 28_333_333 * NONCE_SLICE;
const [first, second] = [randomBytes(32), randomBytes(32)];
const nonces = new DpopNonces(new KeyRing([first, second]));

describe('A nonce for proofs', () => {
  it('is good for the slice of time in which it was issued and the next, and no longer', () => {
    const nonce = nonces.issue(START);
    expect(nonces.issue(START + NONCE_SLICE - 1)).toBe(nonce);
    expect(nonces.issue(START + NONCE_SLICE)).not.toBe(nonce);
    expect(nonces.holds(nonce, START)).toBe(true);
    expect(nonces.holds(nonce, START + 2 * NONCE_SLICE - 1)).toBe(true);
    expect(nonces.holds(nonce, START + 2 * NONCE_SLICE)).toBe(false);
    expect(nonces.holds(nonce, START - 1)).toBe(false);
  });

  it('is good on every instance that has its key in the ring, first or not, and on no other', () => {
    const nonce = nonces.issue(START);
    expect(new DpopNonces(new KeyRing([second, first])).holds(nonce, START)).toBe(true);
    expect(new DpopNonces(new KeyRing([second])).holds(nonce, START)).toBe(false);
  });

  it('can be made by nobody else: none of its letters can be changed, and it has one spelling', () => {
    const nonce = nonces.issue(START);
    const forged = Array.from(nonce, (letter, i) => nonce.slice(0, i) + (letter === 'A' ? 'B' : 'A') + nonce.slice(i + 1));
    for (const text of [...forged, '', `${nonce}=`, ` ${nonce}`, `${nonce}\n`, nonce.slice(0, -1)]) {
      expect(nonces.holds(text, START)).toBe(false);
    }
    for (const other of [undefined, null, 7, [nonce], { nonce }]) expect(nonces.holds(other, START)).toBe(false);
  });

  it('has the letters that RFC 9449 §8.1 allows', () => {
    expect(nonces.issue(START)).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
  });
});
