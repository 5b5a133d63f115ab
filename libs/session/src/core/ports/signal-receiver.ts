import type { PushReceiver } from '../signals/signals-options.js';

/**
 * What became of a delivery. `accepted`: the receiver has it. `refused`: it will not have this one, and says so by a code that is
 * about the token (RFC 8935 §2.4). `failed`: nobody can tell, or it will have none for now.
 */
export type Delivery = { readonly outcome: 'accepted' } | { readonly outcome: 'refused' | 'failed'; readonly why: string };

/** Brings Security Event Tokens to a receiver (RFC 8935). Never throws. */
export abstract class SignalReceiver {
  /** @param signal breaks it off: then nobody can tell */
  abstract deliver(token: string, receiver: PushReceiver, signal: AbortSignal): Promise<Delivery>;
}
