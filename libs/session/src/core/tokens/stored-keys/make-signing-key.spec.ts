import { expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { makeSigningKey } from './make-signing-key.js';

it('names keys by their thumbprints, none of which a command line takes for an option', async () => {
  const keys = await Promise.all(Array.from({ length: 1_000 }, () => makeSigningKey('Ed25519'))); // one in 64 would begin with a dash
  expect(keys.filter(({ kid }) => !/^\w[\w-]{42}$/.test(kid))).toEqual([]);
  const [{ kid, ...key } = { kid: '' }] = keys;
  expect(await calculateJwkThumbprint(key)).toBe(kid);
});
