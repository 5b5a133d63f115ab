import { describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { ed25519Key, p256Key, rsaKey } from '../../../spec/key-material.js';
import { StoreUnavailableError } from '../errors.js';
import { SigningKeys, signingKeyFaults } from './signing-keys.js';

const ed = ed25519Key('ed-1');
const ec = p256Key('ec-1');
const rsa = rsaKey(3_072, 'rsa-1');

describe('the published key set', () => {
  it('has the public members of every key and no other', async () => {
    const keys = await SigningKeys.import([{ ...ed, ext: true, key_ops: ['sign'] }, ec, rsa]);
    expect(keys.jwks()).toEqual({
      keys: [
        { kty: 'OKP', crv: 'Ed25519', x: ed.x, kid: 'ed-1', alg: 'Ed25519', use: 'sig' },
        { kty: 'EC', crv: 'P-256', x: ec.x, y: ec.y, kid: 'ec-1', alg: 'ES256', use: 'sig' },
        { kty: 'RSA', n: rsa.n, e: rsa.e, kid: 'rsa-1', alg: 'RS256', use: 'sig' },
      ],
    });
  });

  it('holds no private part anywhere in its text', async () => {
    const text = JSON.stringify((await SigningKeys.import([ed, ec, rsa])).jwks());
    for (const secret of [ed.d, ec.d, rsa.d, rsa.p, rsa.q, rsa.dp, rsa.dq, rsa.qi]) expect(text).not.toContain(secret);
  });
});

describe('the signing keys', () => {
  it('sign with the first, and list each algorithm once', async () => {
    const keys = await SigningKeys.import([ec, ed, p256Key('ec-2')]);
    expect(keys.current).toMatchObject({ kid: 'ec-1', algorithm: 'ES256' });
    expect(keys.algorithms).toEqual(['ES256', 'Ed25519']);
  });

  it('are none of them extractable as private keys from what is handed out for verifying', async () => {
    const keys = await SigningKeys.import([ed]);
    const { current } = keys;
    expect(current.privateKey.extractable).toBe(false);
    const header = Buffer.from(JSON.stringify({ alg: 'Ed25519', typ: 'at+jwt', kid: ed.kid })).toString('base64url');
    expect(keys.named(header)?.publicKey.type).toBe('public');
  });

  it('are never none', async () => {
    const none = await SigningKeys.import([]);
    expect(() => none.current).toThrow(StoreUnavailableError);
  });
});

describe('a private JWK without faults', () => {
  it.each([
    ['Ed25519', ed],
    ['Ed25519 under its old name', { ...ed, alg: 'EdDSA' }],
    ['EC P-256', ec],
    ['EC P-256 with its algorithm', { ...ec, alg: 'ES256' }],
    ['RSA of 3072 bits', rsa],
  ])('%s can be imported', async (_, jwk) => {
    expect(signingKeyFaults(jwk, 'key')).toEqual([]);
    expect((await SigningKeys.import([jwk])).current.kid).toBe(jwk.kid);
  });
});

describe('a JWK is refused, and the cure named', () => {
  const { d: _d, ...publicOnly } = ed;
  const { kid: _k, ...nameless } = ed;
  const faulty: readonly (readonly [string, JWK, RegExp])[] = [
    ['a symmetric key', { kty: 'oct', k: 'AAAA', kid: 'k' }, /kty oct is not usable/],
    ['no kind', { kid: 'k' }, /kty missing is not usable/],
    ['another curve', { ...ec, crv: 'P-384' }, /not usable/],
    ['a key for agreement', { ...ed, crv: 'X25519' }, /not usable/],
    ['RSA of 2048 bits', rsaKey(2_048), /2048 bits is too weak: use 3072/],
    ['a missing kid', nameless, /"kid" is missing/],
    ['an empty kid', { ...ed, kid: '' }, /"kid" is missing/],
    ['a public key', publicOnly, /"d" is missing: give the whole private JWK/],
    ['an algorithm that does not fit', { ...ec, alg: 'ES384' }, /alg ES384 does not fit/],
    ['a symmetric algorithm', { ...rsa, alg: 'HS256' }, /alg HS256 does not fit/],
    ['the algorithm of another kind', { ...ec, alg: 'EdDSA' }, /alg EdDSA does not fit/],
  ];

  it.each(faulty)('%s', (_, jwk, message) => {
    expect(signingKeyFaults(jwk, 'signingKeys[0]').join('\n')).toMatch(message);
    expect(signingKeyFaults(jwk, 'signingKeys[0]').every((fault) => fault.startsWith('signingKeys[0]: '))).toBe(true);
  });

  it('with all its faults at once', () => {
    expect(signingKeyFaults({ kty: 'OKP', crv: 'Ed25519', x: ed.x, alg: 'RS256' }, 'key')).toHaveLength(3);
  });

  it('RSA of 2048 bits that is written with leading zeros', () => {
    const weak = rsaKey(2_048);
    const n = Buffer.concat([Buffer.alloc(128), Buffer.from(weak.n ?? '', 'base64url')]).toString('base64url');
    expect(signingKeyFaults({ ...weak, n }, 'key').join()).toMatch(/2048 bits is too weak/);
  });

  it.each([
    ['Ed25519', ed, ['x', 'd']],
    ['EC P-256', ec, ['x', 'y', 'd']],
    ['RSA', rsa, ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']],
  ] as const)('%s without one of its parts', (_, jwk, parts) => {
    for (const part of parts) {
      const { [part]: _gone, ...rest } = { ...jwk };
      expect(signingKeyFaults(rest, 'key')).toEqual([`key: "${part}" is missing: give the whole private JWK.`]);
    }
  });
});
