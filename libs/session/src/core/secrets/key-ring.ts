import { hkdfSync } from 'node:crypto';
import { encodeBase64url } from './base64url.js';

/** What a sub-key is for. A key derived for one use is of no value for another. */
export type KeyUse = 'derive' | 'seal' | 'csrf' | 'device' | 'pseudonym' | 'audit' | 'nonce' | 'signing';

/**
 * The server's keys: the first makes, all accept (design §3). To change keys without logging anyone out, deploy the new key as
 * second everywhere, then promote it, and drop the old one after the longest absolute lifetime.
 */
export class KeyRing {
  /** Names the key that makes new secrets. */
  readonly currentId: string;
  private readonly subkeys = new Map<string, Record<KeyUse, Buffer>>();

  /** @param keys at least one, each of 32 bytes or more, from a CSPRNG. */
  constructor(keys: readonly Uint8Array[]) {
    const ids = keys.map((key) => {
      const id = encodeBase64url(expand(key, 'id').subarray(0, 6));
      this.subkeys.set(id, {
        derive: expand(key, 'derive'),
        seal: expand(key, 'seal'),
        csrf: expand(key, 'csrf'),
        device: expand(key, 'device'),
        pseudonym: expand(key, 'pseudonym'),
        audit: expand(key, 'audit'),
        nonce: expand(key, 'nonce'),
        signing: expand(key, 'signing'),
      });
      return id;
    });
    this.currentId = ids[0] ?? '';
  }

  /** The sub-key of a ring key, or `undefined` when that key has left the ring. */
  subkey(keyId: string, use: KeyUse): Buffer | undefined {
    return this.subkeys.get(keyId)?.[use];
  }

  /** The sub-key that makes new values. */
  current(use: KeyUse): Buffer {
    const key = this.subkey(this.currentId, use);
    if (!key) throw new Error('The key ring is empty: give at least one key.');
    return key;
  }
}

function expand(key: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `nestjs-hybrid-session/v1/${info}`, 32));
}
