import { createHmac, createPrivateKey, sign } from 'node:crypto';
import type { JWK } from 'jose';

/** The parts of a token as texts, so that a forgery can differ in any of them. Signed without the library that verifies. */
export interface TokenParts {
  /** An object is written as compact JSON, a text as it stands. */
  readonly header: object | string;
  readonly payload: object | string;
}

/** A compact JWS signed by a private JWK. */
export function signedBy(jwk: JWK, parts: TokenParts): string {
  return signedAsIs(jwk, signingInput(parts));
}

/** A signature over a text as it stands, however its segments are spelled. */
export function signedAsIs(jwk: JWK, input: string): string {
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  const signature =
    jwk.kty === 'OKP'
      ? sign(null, Buffer.from(input), key)
      : sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** A compact JWS with a symmetric signature. */
export function hashedWith(secret: string | Buffer, parts: TokenParts): string {
  const input = signingInput(parts);
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** A compact JWS without a signature. */
export function unsigned(parts: TokenParts): string {
  return `${signingInput(parts)}.`;
}

function signingInput({ header, payload }: TokenParts): string {
  return `${segment(header)}.${segment(payload)}`;
}

function segment(content: object | string): string {
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url');
}
