const MIN_KEY_BYTES = 32;

/** What is wrong with the keys of the ring, as sentences that name the cure. `undefined` is a key whose text could not be read. */
export function keyRingFaults(keys: readonly (Uint8Array | undefined)[]): string[] {
  if (keys.length === 0) return ['keys is empty: give at least one base64url text of 32 random bytes.'];
  return keys.flatMap((key, i) => {
    if (!key) return [`keys[${i}] is missing or not canonical base64url: write it without padding.`];
    return key.byteLength < MIN_KEY_BYTES
      ? [`keys[${i}] has ${key.byteLength} bytes: use ${MIN_KEY_BYTES} or more, from a CSPRNG.`]
      : [];
  });
}
