import type { Origin } from './origin.js';
import type { CallerTransaction } from './ports/session-store.js';
import type { EndReason } from './record/session-record.js';

/** How the sessions of a user are ended. */
export interface RevokeAllOptions {
  /** Told in the audit trail. Default: `logout_all`. */
  readonly reason?: EndReason;
  /** The host's open transaction that this is to be part of: with TypeORM its `EntityManager`. */
  readonly manager?: CallerTransaction | undefined;
  readonly origin?: Origin | undefined;
}
