import { KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { ManualClock } from '../../../spec/manual-clock.js';
import { MemoryCounters } from '../../stores/memory/memory.counters.js';
import { InvalidClientError } from '../errors.js';
import { ClientAssertions } from './client-assertions.js';
import { ClientRegistry } from './client-registry.js';

const ISSUER = 'https://app.example';
const NOW = 1_700_000_000_000;
const NOW_SECONDS = NOW / 1000;

const keyPair = async (algorithm: string) => {
  const pair = await generateKeyPair(algorithm, {
    extractable: true,
    ...(algorithm.endsWith('256') ? { modulusLength: 3072 } : {}),
  });
  return { ...pair, algorithm, jwk: await exportJWK(pair.publicKey) };
};
const [ed25519, es256, rs256, stranger] = await Promise.all([
  keyPair('Ed25519'),
  keyPair('ES256'),
  keyPair('RS256'),
  keyPair('Ed25519'),
]);

const registry = new ClientRegistry([
  {
    id: 'reports',
    keys: [
      { ...ed25519.jwk, kid: 'one' },
      { ...es256.jwk, kid: 'two' },
    ],
    scopes: ['read'],
  },
  { id: 'ledger', keys: [rs256.jwk] },
  { id: 'office', secret: 'a secret of the back office' },
  { id: 'mobile' },
]);

function bench() {
  const clock = new ManualClock(NOW);
  const counters = new MemoryCounters();
  const instance = () => new ClientAssertions(registry, ISSUER, counters, clock);
  return { clock, assertions: instance(), another: instance() };
}

type Signer = { readonly algorithm: string; readonly privateKey: Parameters<SignJWT['sign']>[0] };

let number = 0;
/** The claims of a good assertion, each with a jti of its own. */
const claims = (id = 'reports'): Record<string, unknown> => ({
  iss: id,
  sub: id,
  aud: ISSUER,
  jti: `assertion ${(number += 1)}`,
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 60,
});
const sign = (payload: Record<string, unknown>, key: Signer = ed25519, kid: string | null = 'one') =>
  new SignJWT(payload).setProtectedHeader({ alg: key.algorithm, ...(kid === null ? {} : { kid }) }).sign(key.privateKey);

describe('a client that signs (private_key_jwt, RFC 7523)', () => {
  it('is known by an assertion of any of its keys, and granted its scopes', async () => {
    const { assertions } = bench();
    const reports = { id: 'reports', confidential: true, scope: 'read' };
    expect(await assertions.verify(await sign(claims()))).toEqual(reports);
    expect(await assertions.verify(await sign(claims(), es256, 'two'))).toEqual(reports);
    expect(await assertions.verify(await sign({ ...claims(), aud: [ISSUER] }))).toEqual(reports);
    const ledger = { id: 'ledger', confidential: true };
    expect(await assertions.verify(await sign(claims('ledger'), rs256, null))).toEqual(ledger);
    expect(
      await assertions.verify(
        await sign(claims('ledger'), { algorithm: 'PS256', privateKey: KeyObject.from(rs256.privateKey) }, null),
      ),
    ).toEqual(ledger);
  });

  it('is not known by its bare id, nor by any secret', () => {
    expect(() => registry.identify({ id: 'reports' })).toThrow(InvalidClientError);
    expect(() => registry.identify({ id: 'reports', secret: '' })).toThrow(InvalidClientError);
  });

  const without = (name: string) => Object.fromEntries(Object.entries(claims()).filter(([claim]) => claim !== name));
  it.each<readonly [string, () => Promise<string> | string]>([
    ['signed by a stranger', () => sign(claims(), stranger)],
    [
      'signed by a stranger who brings the key along',
      async () =>
        new SignJWT(claims()).setProtectedHeader({ alg: 'Ed25519', jwk: stranger.jwk, kid: 'one' }).sign(stranger.privateKey),
    ],
    ['signed by the key of another client', () => sign(claims(), rs256, null)],
    ['signed by one key under the name of the other', () => sign(claims(), es256, 'one')],
    ['that does not say which of two keys signed', () => sign(claims(), ed25519, 'three')],
    ['not signed', () => new UnsecuredJWT(claims()).encode()],
    [
      'signed with a public key as the secret',
      () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(Buffer.from(ed25519.jwk.x ?? '', 'base64url')),
    ],
    [
      'signed by an algorithm that is not offered',
      () => sign(claims('ledger'), { algorithm: 'RS512', privateKey: KeyObject.from(rs256.privateKey) }, null),
    ],
    ['of another issuer', () => sign({ ...claims(), iss: 'ledger' })],
    ['about another client', () => sign({ ...claims(), sub: 'ledger' })],
    ['of a client that has a secret', () => sign(claims('office'))],
    ['of a public client', () => sign(claims('mobile'))],
    ['of nobody', () => sign(claims('nobody'))],
    ['of a name of Object.prototype', () => sign(claims('__proto__'))],
    ['without iss', () => sign(without('iss'))],
    ['without sub', () => sign(without('sub'))],
    ['without aud', () => sign(without('aud'))],
    ['without exp', () => sign(without('exp'))],
    ['without jti', () => sign(without('jti'))],
    ['with an empty jti', () => sign({ ...claims(), jti: '' })],
    ['with a jti that is no text', () => sign({ ...claims(), jti: 7 })],
    ['for another server', () => sign({ ...claims(), aud: 'https://other.example' })],
    ['for our token endpoint, which others may name theirs', () => sign({ ...claims(), aud: `${ISSUER}/oauth/token` })],
    ['for our issuer with a slash', () => sign({ ...claims(), aud: `${ISSUER}/` })],
    ['for us and another server', () => sign({ ...claims(), aud: [ISSUER, 'https://other.example'] })],
    ['that has expired', () => sign({ ...claims(), exp: NOW_SECONDS - 31 })],
    ['that is not valid yet', () => sign({ ...claims(), nbf: NOW_SECONDS + 31 })],
    ['that lives for longer than it is remembered', () => sign({ ...claims(), exp: NOW_SECONDS + 331 })],
    ['with an exp that is no number', () => sign({ ...claims(), exp: 'later' })],
    ['longer than any of use', async () => sign({ ...claims(), more: 'x'.repeat(5_000) })],
    ['that is no JWT', () => 'not.a.jwt'],
    ['that is empty', () => ''],
  ])('is refused with an assertion %s', async (_, make) => {
    const { assertions } = bench();
    await expect(assertions.verify(await make())).rejects.toThrow(InvalidClientError);
  });

  it('may use an assertion once, at whichever instance, for as long as it lives', async () => {
    const { assertions, another, clock } = bench();
    const assertion = await sign({ ...claims(), exp: NOW_SECONDS + 300 });
    const many = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? assertions : another).verify(assertion)),
    );
    expect(many.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    clock.forward(329_000);
    await expect(another.verify(assertion)).rejects.toThrow('used before');
    clock.forward(2_000);
    await expect(another.verify(assertion)).rejects.toThrow(InvalidClientError); // it has expired
  });

  it('uses up none with an assertion that is refused, nor one of another client', async () => {
    const { assertions } = bench();
    const good = { ...claims(), jti: 'the same' };
    await expect(assertions.verify(await sign(good, stranger))).rejects.toThrow(InvalidClientError);
    await assertions.verify(await sign({ ...claims('ledger'), jti: 'the same' }, rs256, null));
    expect(await assertions.verify(await sign(good))).toHaveProperty('id', 'reports');
  });

  it('is not judged by the clock of the process, but by ours', async () => {
    const { assertions, clock } = bench();
    const assertion = await sign(claims());
    clock.forward(91_000);
    await expect(assertions.verify(assertion)).rejects.toThrow(InvalidClientError);
    const later = await sign({ ...claims(), exp: NOW_SECONDS + 151 });
    expect(await assertions.verify(later)).toHaveProperty('id', 'reports');
  });
});

describe('who signs', () => {
  it('is told from the assertion, verified or not, for the audit trail', async () => {
    const { assertions } = bench();
    expect(assertions.subjectOf(await sign(claims(), stranger))).toBe('reports');
    const texts: readonly string[] = ['', 'x', 'a.b.c', 'x'.repeat(100_000)];
    expect(texts.map((text) => assertions.subjectOf(text))).toEqual(texts.map(() => undefined));
  });
});
