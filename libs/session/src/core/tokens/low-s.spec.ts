import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest } from '../../../spec/core-under-test.js';
import { p256Key } from '../../../spec/key-material.js';
import { InvalidTokenError } from '../errors.js';
import { isLowS } from './low-s.js';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other spelling of an ECDSA signature, which verifies as well. */
function twinOf(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  const signature = Buffer.from(token.slice(at), 'base64url');
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`);
  const twin = Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex');
  return token.slice(0, at) + Buffer.concat([signature.subarray(0, 32), twin]).toString('base64url');
}

describe('an ES256 access token', () => {
  it('has one spelling: written with the low s, refused with the high one', async () => {
    const app = await CoreUnderTest.start({ signingKeys: [p256Key()], limit: 'unlimited' });
    for (let i = 0; i < 40; i += 1) {
      const { accessToken } = await app.api();
      expect(isLowS(Buffer.from(accessToken.split('.')[2] ?? '', 'base64url'))).toBe(true);
      await expect(app.token(accessToken)).resolves.toBeDefined();
      await expect(app.token(twinOf(accessToken))).rejects.toThrow(InvalidTokenError);
    }
  });
});
