import type { SessionEventListener } from '../../events.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { Clock } from '../../ports/clock.js';
import type { Counters } from '../../ports/counters.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import type { ClientRegistry } from '../client-registry.js';
import { ReplayMemory } from '../replay-memory.js';
import { DpopBinding } from './dpop-binding.js';
import { DpopNonces, NONCE_SLICE } from './dpop-nonces.js';
import { DpopProofs } from './dpop-proofs.js';
import { RequestUris } from './request-uris.js';

/** Milliseconds that a proof is remembered: longer than any is good, by its own time or by its nonce; instances may differ by some seconds. */
const REMEMBERED = 2 * NONCE_SLICE + 10_000;

/** What {@link DpopBinding} is made of, beside its options. */
interface Surroundings {
  readonly ring: KeyRing;
  /** Shared by all instances, or each of them lets a proof pass once. */
  readonly counters: Counters;
  readonly clients: ClientRegistry;
  readonly clock: Clock;
  readonly emit: SessionEventListener;
}

/** Composes what binds tokens to keys. */
export function createDpopBinding(
  { issuer, dpop }: Pick<ResolvedOptions, 'issuer' | 'dpop'>,
  { ring, counters, clients, clock, emit }: Surroundings,
): DpopBinding {
  const nonces = dpop.nonces && dpop.mode !== 'off' ? new DpopNonces(ring) : undefined;
  const proofs = new DpopProofs(new RequestUris(issuer, dpop.origins), nonces);
  return new DpopBinding(dpop.mode, proofs, new ReplayMemory(counters, 'dpop-proof', REMEMBERED), nonces, clients, clock, emit);
}
