import type { AnonymousSession } from '../anonymous/anonymous-session.js';
import type { Session } from '../session.js';
import { decodeBase64url, encodeBase64url } from './base64url.js';
import type { KeyRing } from './key-ring.js';
import { mac, sameBytes } from './mac.js';

const NONCE_BYTES = 16;

/** What a CSRF token belongs to: a session, or a visitor's. */
export type CsrfBound = Session | AnonymousSession;

/**
 * CSRF tokens (OWASP "signed double submit", without the cookie): `HMAC(csrf key, session, generation, nonce)` beside its nonce.
 * Bound to the generation of the session's secret, so a re-authentication ends the old token with the old cookie.
 */
export class CsrfTokens {
  constructor(
    private readonly ring: KeyRing,
    private readonly random: (bytes: number) => Uint8Array,
  ) {}

  /** A token for this session. Each call gives another one; all of a generation stay good together. */
  issue(session: CsrfBound): string {
    const nonce = encodeBase64url(this.random(NONCE_BYTES));
    const proof = this.proof(session, nonce);
    if (!proof) throw new Error('The key of this session has left the ring: add it back until its sessions have ended.');
    return `${nonce}.${encodeBase64url(proof)}`;
  }

  /** Whether a token was issued for this session and the generation of the credential that was presented. */
  holds(session: CsrfBound, token: string): boolean {
    const [nonce = '', proofText = '', more] = token.split('.');
    if (more !== undefined || decodeBase64url(nonce)?.length !== NONCE_BYTES) return false;
    const given = decodeBase64url(proofText);
    const proof = this.proof(session, nonce);
    return given !== undefined && proof !== undefined && sameBytes(given, proof);
  }

  private proof({ record, generation }: CsrfBound, nonce: string): Buffer | undefined {
    const key = this.ring.subkey(record.keyId, 'csrf');
    return key && mac(key, [record.id, record.userId, generation, record.salt, nonce]);
  }
}
