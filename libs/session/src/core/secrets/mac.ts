import { createHmac, timingSafeEqual } from 'node:crypto';

/** HMAC-SHA256 over length-prefixed parts, so that no two lists of parts ever give one text. */
export function mac(key: Uint8Array, parts: readonly (string | number)[]): Buffer {
  const hmac = createHmac('sha256', key);
  const length = Buffer.alloc(4);
  for (const part of parts) {
    const bytes = Buffer.from(String(part), 'utf8');
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}

/** Compares in constant time. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
