import type { JWK } from 'jose';
import type { StoredSigningKey } from '../../ports/signing-key-store.js';
import { decodeBase64url, encodeBase64url } from '../../secrets/base64url.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import { mac, sameBytes } from '../../secrets/mac.js';
import { closeBox, IV_BYTES, openBox } from '../../secrets/sealed-box.js';

/** What is decided of a key, and kept beside it. */
export type KeyFacts = Omit<StoredSigningKey, 'sealed' | 'voucher'>;

/**
 * Seals private keys, and vouches for everything else that is kept of them: whoever can write to the database could otherwise put a
 * public key there whose private half is his own, and sign what he likes. Both names the ring key that it was made with: `<keyId>.<bytes>`.
 */
export class KeyVault {
  constructor(
    private readonly ring: KeyRing,
    private readonly random: (bytes: number) => Uint8Array,
  ) {}

  /** A key as it is stored. Without a private part it can only verify from now on. */
  close(facts: KeyFacts, privateJwk: JWK | undefined): StoredSigningKey {
    const key = this.ring.current('signing');
    const named = (bytes: Uint8Array) => `${this.ring.currentId}.${encodeBase64url(bytes)}`;
    const voucher = named(mac(key, vouchedFor(facts)));
    if (!privateJwk) return { ...facts, voucher };
    return { ...facts, voucher, sealed: named(closeBox(key, facts.kid, JSON.stringify(privateJwk), this.random(IV_BYTES))) };
  }

  /** Whether this server vouched for all that is said of this key. */
  vouchesFor(stored: StoredSigningKey): boolean {
    const { key, bytes } = this.parts(stored.voucher);
    return key !== undefined && bytes !== undefined && sameBytes(mac(key, vouchedFor(stored)), bytes);
  }

  /** The private part of a key; `undefined` when there is none, or none that this server sealed. */
  privateJwk(stored: StoredSigningKey): JWK | undefined {
    const { key, bytes } = this.parts(stored.sealed ?? '');
    const opened = key && bytes && openBox(key, stored.kid, bytes);
    return opened === undefined ? undefined : (JSON.parse(opened) as JWK);
  }

  /** Whether all of it was made with the key that the ring makes new secrets with. */
  isCurrent({ voucher, sealed = voucher }: StoredSigningKey): boolean {
    return [voucher, sealed].every((text) => text.startsWith(`${this.ring.currentId}.`));
  }

  private parts(text: string): { readonly key: Buffer | undefined; readonly bytes: Uint8Array | undefined } {
    const [keyId = '', bytes = '', more] = text.split('.');
    return { key: this.ring.subkey(keyId, 'signing'), bytes: more === undefined ? decodeBase64url(bytes) : undefined };
  }
}

function vouchedFor({
  place,
  kid,
  algorithm,
  publicJwk,
  createdAt,
  signsFrom,
  retiredAt,
}: KeyFacts): readonly (string | number)[] {
  return [place, kid, algorithm, publicJwk, createdAt, signsFrom, retiredAt ?? ''];
}
