import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { sampleRecord } from '../../../spec/sample-record.js';
import { encodeBase64url } from './base64url.js';
import { Credentials, parseCredential, type CredentialPurpose, type SecretSource } from './credential.js';
import { KeyRing } from './key-ring.js';
import { mac } from './mac.js';

const OLD_KEY = randomBytes(32);
const NEW_KEY = randomBytes(32);
const ring = new KeyRing([OLD_KEY]);
const credentials = new Credentials(ring);
const PURPOSES: readonly CredentialPurpose[] = ['cookie', 'refresh'];
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');

const source = (change: Partial<SecretSource> = {}): SecretSource => sampleRecord({ keyId: ring.currentId, ...change });

/** What the reader does: takes the text apart, and checks its secret against the record of that id. */
function isAccepted(purpose: CredentialPurpose, text: string, record: SecretSource): boolean {
  const credential = parseCredential(purpose, text);
  return credential !== undefined && credentials.holds(credential, { ...record, id: credential.id });
}

describe('a credential', () => {
  it('is accepted as it was written, for every purpose and generation', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PURPOSES), fc.nat(999_999_999), fc.string(), (purpose, generation, userId) => {
        const record = source({ userId });
        const text = credentials.write(purpose, record, generation);
        expect(parseCredential(purpose, text)).toMatchObject({ purpose, id: record.id, generation });
        expect(isAccepted(purpose, text, record)).toBe(true);
      }),
    );
  });

  it('carries the derived secret and nothing else: the derivation may never change, or every session ends', () => {
    const record = source();
    const secret = mac(ring.current('derive'), [1, 'refresh', record.id, record.userId, 7, record.salt]);
    expect(credentials.write('refresh', record, 7)).toBe(`nhs_r_${record.id}.7.${encodeBase64url(secret)}`);
    expect(secret).toHaveLength(32);
  });

  it('is the same again for the same generation, so that a retry gets the same successor', () => {
    const record = source();
    expect(credentials.write('refresh', record, 3)).toBe(credentials.write('refresh', record, 3));
  });

  it('is told by its prefix, for secret scanners', () => {
    expect(credentials.write('cookie', source(), 0)).toMatch(/^nhs_c_/);
    expect(credentials.write('refresh', source(), 0)).toMatch(/^nhs_r_/);
  });
});

describe('a credential is refused', () => {
  it.each(PURPOSES)('as %s, after any single character was changed', (purpose) => {
    const record = source();
    const text = credentials.write(purpose, record, 10);
    const accepted: string[] = [];
    for (let i = 0; i < text.length; i += 1) {
      for (const character of [...ALPHABET, '.', '=', '+', '/', ' ', '\n', '\u0000', 'é']) {
        const changed = text.slice(0, i) + character + text.slice(i + 1);
        if (changed !== text && isAccepted(purpose, changed, record)) accepted.push(changed);
      }
    }
    expect(accepted).toEqual([]);
  });

  it('after characters were added, dropped or swapped anywhere', () => {
    const record = source();
    const text = credentials.write('refresh', record, 10);
    const edit = fc.record({ at: fc.nat(text.length), drop: fc.nat(3), add: fc.string({ maxLength: 3 }) });
    fc.assert(
      fc.property(edit, ({ at, drop, add }) => {
        const changed = text.slice(0, at) + add + text.slice(at + drop);
        expect(isAccepted('refresh', changed, record)).toBe(changed === text);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['padding', (text: string) => `${text}=`],
    ['a trailing newline', (text: string) => `${text}\n`],
    ['a trailing space', (text: string) => `${text} `],
    ['a leading space', (text: string) => ` ${text}`],
    ['quotes', (text: string) => `"${text}"`],
    ['percent-encoding', (text: string) => text.replace('.', '%2E')],
    ['upper-case hex in the slot', (text: string) => text.replace('00ff', '00FF')],
    ['an upper-case prefix', (text: string) => text.replace('nhs_r_', 'NHS_R_')],
    ['no prefix', (text: string) => text.slice(6)],
    ['an unknown prefix', (text: string) => text.replace('nhs_r_', 'nhs_x_')],
    ['a prefix of the future', (text: string) => text.replace('nhs_r_', 'nhs_r2_')],
    ['a second prefix', (text: string) => `nhs_r_${text}`],
    ['a leading zero in the generation', (text: string) => text.replace('.10.', '.010.')],
    ['a sign before the generation', (text: string) => text.replace('.10.', '.+10.')],
    ['a generation below zero', (text: string) => text.replace('.10.', '.-10.')],
    ['a generation in hex', (text: string) => text.replace('.10.', '.0xa.')],
    ['a generation with an exponent', (text: string) => text.replace('.10.', '.1e1.')],
    ['a generation with a fraction', (text: string) => text.replace('.10.', '.10.0.')],
    ['a generation in other digits', (text: string) => text.replace('.10.', '.１０.')],
    ['an empty generation', (text: string) => text.replace('.10.', '..')],
    ['a generation beyond all counting', (text: string) => text.replace('.10.', '.9999999999.')],
    ['another part', (text: string) => `${text}.AAAA`],
    ['nothing after the generation', (text: string) => text.slice(0, text.lastIndexOf('.') + 1)],
    ['a secret of another length', (text: string) => text.slice(0, -2)],
    ['two credentials', (text: string) => `${text},${text}`],
    ['a wildcard', () => '*'],
    ['a name of Object.prototype', () => '__proto__'],
    ['nothing', () => ''],
    ['NUL', () => '\u0000'],
    ['an emoji', () => '\u{1F600}'],
    ['100 kB', (text: string) => text + 'A'.repeat(102_400)],
  ])('before the store is asked: %s', (_, edit) => {
    const text = credentials.write('refresh', source(), 10);
    expect(parseCredential('refresh', edit(text))).toBeUndefined();
  });

  it('before the store is asked, for spare bits in its id or its secret', () => {
    const text = credentials.write('refresh', source(), 10);
    const idEnd = text.indexOf('.10.') - 1;
    const withLast = (at: number) => ALPHABET.map((character) => text.slice(0, at) + character + text.slice(at + 1));
    expect(withLast(idEnd).filter((changed) => parseCredential('refresh', changed))).toHaveLength(4);
    expect(withLast(text.length - 1).filter((changed) => parseCredential('refresh', changed))).toHaveLength(16);
  });

  it('with nothing it takes apart having a second spelling', () => {
    const part = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 21, maxLength: 23 });
    const secret = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 42, maxLength: 44 });
    const generation = fc.oneof(fc.nat().map(String), fc.stringMatching(/^[0-9]{1,3}$/));
    fc.assert(
      fc.property(
        fc.constantFrom('nhs_c_', 'nhs_r_'),
        fc.stringMatching(/^[0-9a-f]{4}$/),
        part,
        generation,
        secret,
        (prefix, slot, random, g, s) => {
          const text = `${prefix}${slot}.${random}.${g}.${s}`;
          const found = parseCredential('cookie', text) ?? parseCredential('refresh', text);
          if (!found) return;
          expect(text).toBe(
            `${found.purpose === 'cookie' ? 'nhs_c_' : 'nhs_r_'}${found.id}.${found.generation}.${encodeBase64url(found.secret)}`,
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('a secret is of no use', () => {
  const record = source();
  const text = credentials.write('refresh', record, 5);

  it('for the other purpose', () => {
    expect(isAccepted('cookie', text, record)).toBe(false);
    expect(isAccepted('cookie', text.replace('nhs_r_', 'nhs_c_'), record)).toBe(false);
    const cookie = credentials.write('cookie', record, 5);
    expect(isAccepted('refresh', cookie, record)).toBe(false);
    expect(isAccepted('refresh', cookie.replace('nhs_c_', 'nhs_r_'), record)).toBe(false);
  });

  it.each([0, 4, 6, 50, 55])('for another generation, %i', (generation) => {
    expect(isAccepted('refresh', text.replace('.5.', `.${generation}.`), record)).toBe(false);
  });

  it('for another user, salt, id or key', () => {
    const credential = parseCredential('refresh', text);
    if (!credential) throw new Error('it was just written');
    const both = new Credentials(new KeyRing([NEW_KEY, OLD_KEY]));
    expect(both.holds(credential, record)).toBe(true);
    const other = source();
    const otherKey = new KeyRing([NEW_KEY]).currentId;
    for (const edit of [{ userId: 'user-2' }, { salt: other.salt }, { id: other.id }, { keyId: otherKey }]) {
      expect(both.holds(credential, { ...record, ...edit })).toBe(false);
    }
  });
});

describe('when the ring turns', () => {
  const record = source();
  const text = credentials.write('cookie', record, 2);
  const credential = parseCredential('cookie', text);
  if (!credential) throw new Error('it was just written');

  it('an older session keeps its secrets while its key is in the ring', () => {
    const turned = new Credentials(new KeyRing([NEW_KEY, OLD_KEY]));
    expect(turned.holds(credential, record)).toBe(true);
    expect(turned.write('cookie', record, 2)).toBe(text);
  });

  it('a key that has left refuses what it made, and throws nothing', () => {
    expect(new Credentials(new KeyRing([NEW_KEY])).holds(credential, record)).toBe(false);
  });

  it('a key that has left writes nothing, and says which key to add back', () => {
    expect(() => new Credentials(new KeyRing([NEW_KEY])).write('cookie', record, 2)).toThrow(record.keyId);
  });
});
