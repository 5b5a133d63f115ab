import { InvalidOptionsError } from '../../../core/errors.js';
import { decodeBase64url } from '../../../core/secrets/base64url.js';
import { KeyRing } from '../../../core/secrets/key-ring.js';

/** The ring of keys that are given as base64url texts. @throws InvalidOptionsError */
export function keyRingOf(keys: readonly string[]): KeyRing {
  const bytes = keys.map((key) => decodeBase64url(key));
  const good = bytes.filter((key) => key !== undefined);
  if (good.length === 0 || good.length < keys.length) {
    throw new InvalidOptionsError(['keys: give the key ring of the module, base64url texts of 32 random bytes or more.']);
  }
  return new KeyRing(good);
}
