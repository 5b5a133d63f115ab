import type { SessionEventListener } from '../../events.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { Clock } from '../../ports/clock.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import type { SigningKeys } from '../signing-keys.js';
import { KeyVault } from './key-vault.js';
import { SigningKeyFollower } from './signing-key-follower.js';
import { SigningKeyRotation } from './signing-key-rotation.js';

interface Parts {
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly emit: SessionEventListener;
}

/** Has the signing keys follow the store of the options, where there is one. @throws SigningKeyError, StoreUnavailableError */
export async function followStoredKeys(
  { signingKeyStore, keyRotation }: ResolvedOptions,
  target: SigningKeys,
  { ring, clock, random, emit }: Parts,
): Promise<SigningKeyFollower | undefined> {
  if (!signingKeyStore) return undefined;
  const refused = new Set<string>();
  const rotation = new SigningKeyRotation(signingKeyStore, new KeyVault(ring, random), clock, keyRotation, {
    created: ({ kid, algorithm, signsFrom }) => emit({ type: 'signing_key.created', at: clock.now(), kid, algorithm, signsFrom }),
    refused: ({ kid }) => {
      if (!refused.has(kid)) emit({ type: 'signing_key.refused', at: clock.now(), kid }); // once, and not at every look
      refused.add(kid);
    },
  });
  const follower = new SigningKeyFollower(rotation, target, clock);
  await follower.look();
  return follower;
}
