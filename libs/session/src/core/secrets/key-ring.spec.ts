import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { KeyRing, type KeyUse } from './key-ring.js';

const OLD_KEY = randomBytes(32);
const NEW_KEY = randomBytes(32);
const USES: readonly KeyUse[] = ['derive', 'seal', 'csrf', 'pseudonym'];

describe('the key ring', () => {
  it('makes with the first key and accepts with all', () => {
    const ring = new KeyRing([NEW_KEY, OLD_KEY]);
    const oldId = new KeyRing([OLD_KEY]).currentId;
    expect(ring.currentId).toBe(new KeyRing([NEW_KEY]).currentId);
    for (const use of USES) {
      expect(ring.current(use)).toEqual(ring.subkey(ring.currentId, use));
      expect(ring.subkey(oldId, use)).toEqual(new KeyRing([OLD_KEY]).current(use));
    }
  });

  it('knows nothing of a key that has left', () => {
    expect(new KeyRing([NEW_KEY]).subkey(new KeyRing([OLD_KEY]).currentId, 'derive')).toBeUndefined();
  });

  it.each(['', 'constructor', '__proto__', 'hasOwnProperty'])('has no key named %j', (name) => {
    expect(new KeyRing([NEW_KEY]).subkey(name, 'derive')).toBeUndefined();
  });

  it('derives a key of its own for each use: none equals another or the key itself', () => {
    const ring = new KeyRing([NEW_KEY]);
    const keys = [NEW_KEY, ...USES.map((use) => ring.current(use))].map((key) => key.toString('hex'));
    expect(new Set(keys).size).toBe(USES.length + 1);
    for (const use of USES) expect(ring.current(use)).toHaveLength(32);
  });

  it('names a key by a part of it that is of no other use', () => {
    const ring = new KeyRing([NEW_KEY]);
    const name = Buffer.from(ring.currentId, 'base64url').toString('hex');
    expect(name).toHaveLength(12);
    for (const key of [NEW_KEY, ...USES.map((use) => ring.current(use))]) expect(key.toString('hex')).not.toContain(name);
  });

  it('makes nothing when it is empty', () => {
    expect(() => new KeyRing([]).current('derive')).toThrow('at least one key');
  });
});
