import { createHmac } from 'node:crypto';
import type { DpopRefusal } from 'nestjs-hybrid-session';
import type { ProofChange, ProofSubject, ProvingKey } from './proving-key.js';

/** A proof that is good but for one thing. */
export interface BrokenProof {
  /** Which check of RFC 9449 §4.3 it must fail. */
  readonly check: number;
  readonly name: string;
  /** What the audit trail must say. */
  readonly cause: DpopRefusal;
  /** The `DPoP` headers of the request. */
  readonly make: (subject: ProofSubject) => readonly string[];
}

const SECONDS = 1_000;
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const parts = (proof: string) => proof.split('.') as [header: string, claims: string, signature: string];

/** Every check broken singly. `key` is the one that the tokens are bound to, `other` one that is as good in all else. */
export function brokenProofs(key: ProvingKey, other: ProvingKey): readonly BrokenProof[] {
  const changed = (change: ProofChange | ((subject: ProofSubject) => ProofChange)) => (subject: ProofSubject) => [
    key.prove(subject, typeof change === 'function' ? change(subject) : change),
  ];
  const respelled = (respell: (proof: string) => string) => (subject: ProofSubject) => [respell(key.prove(subject))];
  const iat = (offset: number) => changed(({ now }) => ({ claims: { iat: Math.floor((now + offset) / SECONDS) } }));
  const at = (change: (url: URL) => void) =>
    changed(({ url }) => {
      const htu = new URL(url);
      change(htu);
      return { claims: { htu: htu.href } };
    });
  return [
    { check: 1, name: 'two headers', cause: 'repeated', make: (s) => [key.prove(s), key.prove(s)] },
    { check: 1, name: 'two proofs in one header', cause: 'repeated', make: (s) => [`${key.prove(s)}, ${key.prove(s)}`] },
    { check: 2, name: 'no JWT', cause: 'malformed', make: () => ['proof'] },
    { check: 2, name: 'an empty header', cause: 'malformed', make: () => [''] },
    { check: 2, name: 'a fourth part', cause: 'malformed', make: respelled((proof) => `${proof}.e30`) },
    { check: 2, name: 'no signature', cause: 'malformed', make: respelled((proof) => proof.replace(/[^.]+$/, '')) },
    { check: 2, name: 'padding', cause: 'malformed', make: respelled((proof) => `${proof}==`) },
    {
      check: 2,
      name: 'claims that are a list',
      cause: 'malformed',
      make: respelled((p) => `${parts(p)[0]}.${encoded([])}.${parts(p)[2]}`),
    },
    { check: 2, name: 'no key', cause: 'malformed', make: changed({ header: { jwk: undefined } }) },
    { check: 2, name: 'more than anyone needs', cause: 'too_long', make: changed({ claims: { more: 'x'.repeat(5_000) } }) },
    ...(['jti', 'htm', 'htu', 'iat'] as const).flatMap((name): BrokenProof[] => [
      { check: 3, name: `no ${name}`, cause: 'claims', make: changed({ claims: { [name]: undefined } }) },
      { check: 3, name: `${name} of another type`, cause: 'claims', make: changed({ claims: { [name]: [1] } }) },
    ]),
    { check: 3, name: 'an empty jti', cause: 'claims', make: changed({ claims: { jti: '' } }) },
    { check: 4, name: 'no typ', cause: 'typ', make: changed({ header: { typ: undefined } }) },
    { check: 4, name: 'typ JWT', cause: 'typ', make: changed({ header: { typ: 'JWT' } }) },
    { check: 4, name: 'typ at+jwt', cause: 'typ', make: changed({ header: { typ: 'at+jwt' } }) },
    { check: 5, name: 'alg none', cause: 'alg', make: changed({ header: { alg: 'none' } }) },
    { check: 5, name: 'no alg', cause: 'alg', make: changed({ header: { alg: undefined } }) },
    { check: 5, name: 'alg in small letters', cause: 'alg', make: changed({ header: { alg: 'es256' } }) },
    { check: 5, name: 'an algorithm that does not fit the key', cause: 'alg', make: changed({ header: { alg: 'Ed25519' } }) },
    { check: 5, name: 'a MAC with the public key', cause: 'alg', make: (s) => [macProof(key, s)] },
    { check: 6, name: 'the signature of another key', cause: 'signature', make: changed({ signedBy: other }) },
    { check: 6, name: 'claims that were changed', cause: 'signature', make: (s) => [tampered(key.prove(s))] },
    {
      check: 6,
      name: 'a key that is no point of its curve',
      cause: 'signature',
      make: changed({ header: { jwk: { ...key.jwk, x: key.jwk['y'] } } }),
    },
    {
      check: 6,
      name: 'an extension that must be understood',
      cause: 'signature',
      make: changed({ header: { crit: ['x'], x: 1 } }),
    },
    { check: 7, name: 'the private key', cause: 'private_key', make: changed({ header: { jwk: key.privateJwk } }) },
    {
      check: 7,
      name: 'a symmetric key',
      cause: 'private_key',
      make: changed({ header: { jwk: { kty: 'oct', k: 'c2VjcmV0' } } }),
    },
    {
      check: 8,
      name: 'another method',
      cause: 'htm',
      make: changed(({ method }) => ({ claims: { htm: method === 'GET' ? 'POST' : 'GET' } })),
    },
    {
      check: 8,
      name: 'the method in small letters',
      cause: 'htm',
      make: changed(({ method }) => ({ claims: { htm: method.toLowerCase() } })),
    },
    { check: 9, name: 'another host', cause: 'htu', make: at((url) => void (url.hostname = 'evil.example')) },
    { check: 9, name: 'another port', cause: 'htu', make: at((url) => void (url.port = '8443')) },
    {
      check: 9,
      name: 'another scheme',
      cause: 'htu',
      make: at((url) => void (url.protocol = url.protocol === 'http:' ? 'https:' : 'http:')),
    },
    { check: 9, name: 'another path', cause: 'htu', make: at((url) => void (url.pathname += '/more')) },
    { check: 9, name: 'a user name', cause: 'htu', make: at((url) => void (url.username = 'ada')) },
    { check: 9, name: 'no address', cause: 'htu', make: changed(({ url }) => ({ claims: { htu: new URL(url).pathname } })) },
    { check: 11, name: 'older than a minute', cause: 'iat', make: iat(-61 * SECONDS) },
    { check: 11, name: 'of the future', cause: 'iat', make: iat(6 * SECONDS) },
    {
      check: 11,
      name: 'an end that has passed',
      cause: 'iat',
      make: changed(({ now }) => ({ claims: { exp: Math.floor(now / SECONDS) } })),
    },
    {
      check: 11,
      name: 'a beginning to come',
      cause: 'iat',
      make: changed(({ now }) => ({ claims: { nbf: Math.floor(now / SECONDS) + 60 } })),
    },
  ];
}

/** What is broken only where an access token goes along. */
export function brokenTokenProofs(key: ProvingKey, other: ProvingKey): readonly BrokenProof[] {
  const { thumbprint } = other;
  return [
    { check: 12, name: 'no hash of the token', cause: 'ath', make: (s) => [key.prove(s, { claims: { ath: undefined } })] },
    {
      check: 12,
      name: 'the hash of another token',
      cause: 'ath',
      make: (s) => [key.prove({ ...s, accessToken: `${s.accessToken}x` })],
    },
    { check: 12, name: 'the token itself', cause: 'ath', make: (s) => [key.prove(s, { claims: { ath: s.accessToken } })] },
    { check: 12, name: 'another key', cause: 'key', make: (s) => [other.prove(s)] },
    {
      check: 12,
      name: 'another key that claims the name of the right one',
      cause: 'key',
      make: (s) => [other.prove(s, { header: { kid: thumbprint } })],
    },
  ];
}

function macProof(key: ProvingKey, subject: ProofSubject): string {
  const [header, claims] = parts(key.prove(subject, { header: { alg: 'HS256' } }));
  const input = `${header}.${claims}`;
  return `${input}.${createHmac('sha256', JSON.stringify(key.jwk)).update(input).digest('base64url')}`;
}

function tampered(proof: string): string {
  const [header, claims, signature] = parts(proof);
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
  return `${header}.${encoded({ ...said, jti: 'another one' })}.${signature}`;
}
