import { signingKeyFaults, SIGNING_ALGORITHMS } from '../tokens/signing-keys.js';
import type { KeyRotationRule } from '../tokens/stored-keys/signing-key-rotation.js';
import { hours } from './durations.js';
import type { SessionOptions } from './session-options.js';

/** A key that is replaced sooner is hardly published. */
const SHORTEST = hours(1);

/** What is wrong with the signing keys and their rotation, as sentences that name the fault and the cure. */
export function signingFaults({ signingKeys = [], signingKeyStore }: SessionOptions, rotation: KeyRotationRule): string[] {
  const { algorithm, every = SHORTEST } = rotation;
  return [
    ...(signingKeys.length === 0 && !signingKeyStore
      ? ['signingKeys is empty: give at least one private JWK, or a signingKeyStore.']
      : []),
    ...signingKeys.flatMap((jwk, i) => signingKeyFaults(jwk ?? {}, `signingKeys[${i}]`)),
    ...(SIGNING_ALGORITHMS.includes(algorithm)
      ? []
      : [`keyRotation.algorithm "${algorithm}" is not one of ${SIGNING_ALGORITHMS.join(', ')}.`]),
    ...(Number.isSafeInteger(every) && every >= SHORTEST
      ? []
      : [`keyRotation.every must be ${SHORTEST} ms or more, or "never", not ${every}.`]),
  ];
}
