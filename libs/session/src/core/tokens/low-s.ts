import { decodeBase64url, encodeBase64url } from '../secrets/base64url.js';

/** The order of P-256 (FIPS 186-5). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF = ORDER / 2n;
const NUMBER_BYTES = 32;

/**
 * An ECDSA signature (r, s) has a twin (r, n - s) that verifies as well: another spelling of the same token. Of the two, this server
 * writes and accepts the one with the low s.
 */
export function withLowS(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  const signature = decodeBase64url(token.slice(at));
  if (!signature || isLowS(signature)) return token;
  const twin = (ORDER - numberOf(signature)).toString(16).padStart(NUMBER_BYTES * 2, '0');
  return token.slice(0, at) + encodeBase64url(Buffer.concat([signature.subarray(0, NUMBER_BYTES), Buffer.from(twin, 'hex')]));
}

/** Whether a P-256 signature (RFC 7518 §3.4) is the one of its two spellings that this server writes. */
export function isLowS(signature: Uint8Array): boolean {
  return numberOf(signature) <= HALF;
}

function numberOf(signature: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(signature).subarray(NUMBER_BYTES).toString('hex')}`);
}
