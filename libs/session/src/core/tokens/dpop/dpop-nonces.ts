import { decodeBase64url, encodeBase64url } from '../../secrets/base64url.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import { mac, sameBytes } from '../../secrets/mac.js';

const GRAMMAR = /^([A-Za-z0-9_-]{8})\.(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43})$/;
const FORMAT_VERSION = 1;

/** How long one nonce is given out, in milliseconds. It is good for as long again. */
export const NONCE_SLICE = 60_000;

/**
 * Nonces for proofs (RFC 9449 §8), without any state: `<key id>.<slice of time>.<HMAC(nonce key, version, slice)>`. They show that a proof
 * was not made ahead of time, by whatever clock. The same for everybody: they are no secret, and what was used is remembered by `jti`.
 */
export class DpopNonces {
  constructor(private readonly ring: KeyRing) {}

  /** The nonce of this moment. @param now milliseconds since the epoch */
  issue(now: number): string {
    const keyId = this.ring.currentId;
    const slice = sliceOf(now);
    const proof = this.proof(keyId, slice);
    if (!proof) throw new Error('The key ring is empty: give at least one key.');
    return `${keyId}.${slice}.${encodeBase64url(proof)}`;
  }

  /** Whether it was issued by a key of the ring, in this slice of time or the one before. */
  holds(nonce: unknown, now: number): boolean {
    const [, keyId, slice, proofText] = (typeof nonce === 'string' ? GRAMMAR.exec(nonce) : null) ?? [];
    if (!keyId || !slice || !proofText) return false;
    const age = sliceOf(now) - Number(slice);
    if (age !== 0 && age !== 1) return false;
    const given = decodeBase64url(proofText);
    const proof = this.proof(keyId, Number(slice));
    return given !== undefined && proof !== undefined && sameBytes(given, proof);
  }

  private proof(keyId: string, slice: number): Buffer | undefined {
    const key = this.ring.subkey(keyId, 'nonce');
    return key && mac(key, [FORMAT_VERSION, slice]);
  }
}

function sliceOf(now: number): number {
  return Math.floor(now / NONCE_SLICE);
}
