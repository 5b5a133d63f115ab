import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { brokenProofs, brokenTokenProofs } from '../../../../../../test/support/broken-proofs.js';
import { ProvingKey, type ProofSubject } from '../../../../../../test/support/proving-key.js';
import { KeyRing } from '../../secrets/key-ring.js';
import { DpopNonces, NONCE_SLICE } from './dpop-nonces.js';
import { DpopProofs, PROOF_LIFETIME, PROOF_SKEW } from './dpop-proofs.js';
import { RequestUris } from './request-uris.js';

const NOW = 1_700_000_000_000;
const key = ProvingKey.make();
const other = ProvingKey.make();
const uris = new RequestUris('https://app.example');
const proofs = new DpopProofs(uris, undefined);
const subject: ProofSubject = { method: 'POST', url: 'https://app.example/oauth/token', now: NOW };
const withToken: ProofSubject = { method: 'GET', url: 'https://app.example/me?page=2', now: NOW, accessToken: 'a.b.c' };

/** What becomes of these headers, where the honest proof of `about` would be good. */
async function verdictOn(headers: readonly string[], about: ProofSubject, now = NOW, by = proofs) {
  const { pathname, search } = new URL(about.url);
  const verdict = await by.verify({ headers, method: about.method, target: pathname + search }, now, about.accessToken);
  return 'refused' in verdict ? verdict.refused : verdict;
}

describe('A DPoP proof', () => {
  it.each(['ES256', 'Ed25519', 'EdDSA'] as const)('by a key for %s holds, and names that key', async (algorithm) => {
    const one = ProvingKey.make(algorithm);
    for (const about of [subject, withToken]) {
      const verdict = await verdictOn([one.prove(about)], about);
      const [uri] = about.url.split('?');
      expect(verdict).toEqual({ thumbprint: one.thumbprint, jti: expect.stringMatching(/^[\w-]{22}$/), uri });
    }
  });

  it('is missing where there is no header', async () => {
    expect(await verdictOn([], subject)).toBe('missing');
  });

  it.each(brokenProofs(key, other))('with $name fails check $check', async ({ cause, make }) => {
    for (const about of [subject, withToken]) {
      expect(await verdictOn([key.prove(about)], about)).toHaveProperty('thumbprint');
      expect(await verdictOn(make(about), about)).toBe(cause);
    }
  });

  it.each(brokenTokenProofs(key, other).filter(({ cause }) => cause === 'ath'))(
    'with $name fails check $check',
    async ({ cause, make }) => {
      expect(await verdictOn(make(withToken), withToken)).toBe(cause);
    },
  );

  it('is good from a little before its time to a minute after, to the millisecond', async () => {
    const headers = [key.prove(subject)];
    for (const now of [NOW - PROOF_SKEW, NOW + PROOF_LIFETIME]) {
      expect(await verdictOn(headers, subject, now)).toHaveProperty('jti');
    }
    for (const now of [NOW - PROOF_SKEW - 1, NOW + PROOF_LIFETIME + 1])
      expect(await verdictOn(headers, subject, now)).toBe('iat');
  });

  it('of more than 4096 characters is not taken apart', async () => {
    const fits = key.prove(subject, { claims: { more: 'x'.repeat(2_500) } });
    expect(fits.length).toBeLessThan(4_096);
    expect(await verdictOn([fits], subject)).toHaveProperty('jti');
    expect(await verdictOn(['x'.repeat(4_097)], subject)).toBe('too_long');
    expect(await verdictOn(['x'.repeat(4_096)], subject)).toBe('malformed');
  });

  it('may say more than it must, in header, key and claims', async () => {
    const header = { kid: 'k', jwk: { ...key.jwk, use: 'sig', kid: 'k', key_ops: ['verify'] } };
    const proof = key.prove(subject, { header, claims: { more: true, exp: NOW / 1000 + 1, nbf: NOW / 1000 } });
    expect(await verdictOn([proof], subject)).toMatchObject({ thumbprint: key.thumbprint });
  });
});

describe('Where proofs need a nonce, one', () => {
  const nonces = new DpopNonces(new KeyRing([randomBytes(32)]));
  const strict = new DpopProofs(uris, nonces);
  const nonce = nonces.issue(NOW);

  it('with the nonce of this moment holds, and none without, or with one that is not ours', async () => {
    expect(await verdictOn([key.prove({ ...subject, nonce })], subject, NOW, strict)).toHaveProperty('jti');
    for (const wrong of [undefined, '', `${nonce}x`, new DpopNonces(new KeyRing([randomBytes(32)])).issue(NOW)]) {
      expect(await verdictOn([key.prove({ ...subject, nonce: wrong })], subject, NOW, strict)).toBe('nonce');
    }
  });

  it('is dated by its nonce, whatever the clock of the client says', async () => {
    const proof = key.prove({ ...subject, nonce, now: NOW - 86_400_000 });
    expect(await verdictOn([proof], subject, NOW, strict)).toHaveProperty('jti');
    expect(await verdictOn([proof], subject, NOW + 2 * NONCE_SLICE, strict)).toBe('nonce');
  });

  it('must hold in all else, before it is told of a nonce', async () => {
    for (const { cause, make } of brokenProofs(key, other).filter(({ check }) => check !== 11)) {
      expect(await verdictOn(make(subject), subject, NOW, strict)).toBe(cause);
    }
  });
});
