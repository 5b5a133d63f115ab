import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { sampleContent, sampleRecord } from '../../../spec/sample-record.js';
import type { SessionRecord } from '../record/session-record.js';
import { Session } from '../session.js';
import { encodeBase64url } from './base64url.js';
import { Credentials } from './credential.js';
import { CsrfTokens } from './csrf-tokens.js';
import { KeyRing } from './key-ring.js';
import { mac } from './mac.js';

const OLD_KEY = randomBytes(32);
const NEW_KEY = randomBytes(32);
const ring = new KeyRing([OLD_KEY]);
const tokens = new CsrfTokens(ring, randomBytes);

const record = sampleRecord({ channel: 'browser', keyId: ring.currentId });
const sessionOf = (change: Partial<SessionRecord> = {}, generation = 3) =>
  new Session({ record: { ...record, ...change }, content: sampleContent() }, generation);
const session = sessionOf();

describe('a CSRF token', () => {
  it('is held by its session, as are all the others that were issued', () => {
    const issued = Array.from({ length: 50 }, () => tokens.issue(session));
    expect(new Set(issued).size).toBe(50);
    expect(issued.every((token) => tokens.holds(session, token))).toBe(true);
  });

  it('is a nonce with its proof under a key of its own', () => {
    const [nonce = '', proof = ''] = tokens.issue(session).split('.');
    const expected = mac(ring.current('csrf'), [record.id, record.userId, session.generation, record.salt, nonce]);
    expect(Buffer.from(nonce, 'base64url')).toHaveLength(16);
    expect(proof).toBe(encodeBase64url(expected));
  });

  it('stays good while the session is touched and its data change', () => {
    const token = tokens.issue(session);
    expect(
      tokens.holds(sessionOf({ lastSeenAt: record.lastSeenAt + 1, version: record.version + 1, sealed: 'other' }), token),
    ).toBe(true);
  });

  it.each([
    ['another session', sessionOf({ id: sampleRecord().id })],
    ['another session with the same id', sessionOf({ salt: sampleRecord().salt })],
    ['another user', sessionOf({ userId: 'user-2' })],
    ['a later generation, after a re-authentication', sessionOf({}, 4)],
    ['an earlier generation', sessionOf({}, 2)],
    ['a session under another key', sessionOf({ keyId: new KeyRing([NEW_KEY]).currentId })],
  ])('is not held by %s', (_, other) => {
    const both = new CsrfTokens(new KeyRing([OLD_KEY, NEW_KEY]), randomBytes);
    const token = both.issue(session);
    expect(both.holds(session, token)).toBe(true);
    expect(both.holds(other, token)).toBe(false);
  });

  it('is nothing that a credential holds: the secret of the cookie is no proof', () => {
    const cookie = new Credentials(ring).write('cookie', session.record, session.generation);
    const nonce = tokens.issue(session).split('.')[0];
    expect(tokens.holds(session, `${nonce}.${cookie.split('.').at(-1)}`)).toBe(false);
  });
});

describe('a malformed CSRF token is refused', () => {
  const token = tokens.issue(session);
  const [nonce = '', proof = ''] = token.split('.');

  it.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['its nonce alone', nonce],
    ['its proof alone', proof],
    ['no nonce', `.${proof}`],
    ['no proof', `${nonce}.`],
    ['the parts swapped', `${proof}.${nonce}`],
    ['a third part', `${token}.`],
    ['padding', `${token}=`],
    ['a trailing newline', `${token}\n`],
    ['a leading space', ` ${token}`],
    ['a shorter nonce', `${nonce.slice(0, -2)}.${proof}`],
    ['the nonce of another token', `${tokens.issue(session).split('.')[0]}.${proof}`],
    ['two tokens', `${token}, ${token}`],
    ['10 kB', 'A'.repeat(10_240)],
  ])('%s', (_, text) => {
    expect(tokens.holds(session, text)).toBe(false);
  });

  it('any single character changed', () => {
    const others = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/'.split(''));
    fc.assert(
      fc.property(fc.nat(token.length - 1), others, (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        expect(tokens.holds(session, changed)).toBe(changed === token);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('when the ring turns', () => {
  it('tokens of a session stay good while its key is in the ring, and are refused, not thrown at, when it has left', () => {
    const token = tokens.issue(session);
    expect(new CsrfTokens(new KeyRing([NEW_KEY, OLD_KEY]), randomBytes).holds(session, token)).toBe(true);
    const without = new CsrfTokens(new KeyRing([NEW_KEY]), randomBytes);
    expect(without.holds(session, token)).toBe(false);
    expect(() => without.issue(session)).toThrow('left the ring');
  });
});
