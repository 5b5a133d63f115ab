import type { PasswordCheck } from '../core/login/password-check.js';
import type { ResolvedOptions } from '../core/options/resolve-options.js';
import type { Clock } from '../core/ports/clock.js';
import type { SessionStore } from '../core/ports/session-store.js';
import type { Accounts } from '../core/ports/accounts.js';
import type { SessionCore } from '../core/session-core.js';
import type { AddressOf } from './live/address-of.js';

/** Everything the face works with, built once at boot from the module's options. */
export abstract class SessionRuntime {
  abstract readonly options: ResolvedOptions;
  abstract readonly core: SessionCore;
  abstract readonly store: SessionStore;
  abstract readonly clock: Clock;
  /** Absent in a host that logs its users in by other means, and mounts no password route. */
  abstract readonly accounts: Accounts | undefined;
  abstract readonly passwords: PasswordCheck | undefined;
  abstract readonly addressOf: AddressOf;
}
