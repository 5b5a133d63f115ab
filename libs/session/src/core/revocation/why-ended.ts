import { StoreUnavailableError } from '../errors.js';
import type { SessionStore } from '../ports/session-store.js';
import type { EndReason } from '../record/session-record.js';

/** Why a session was ended, if the store remembers and can say so now: a refusal stands without it. */
export async function whyEnded(store: SessionStore, id: string): Promise<EndReason | undefined> {
  try {
    return await store.endReason(id);
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined;
    throw error;
  }
}
