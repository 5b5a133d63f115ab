import type { KeyUse } from '../src/core/secrets/key-ring.js';
import { KeyRing } from '../src/core/secrets/key-ring.js';

/** A key ring that counts how often a sub-key was asked for: something is worked out each time. */
export class CountingRing extends KeyRing {
  readonly asked: KeyUse[] = [];

  override subkey(keyId: string, use: KeyUse): Buffer | undefined {
    this.asked.push(use);
    return super.subkey(keyId, use);
  }
}
