import type { PrincipalClaims, Role } from '../session-types.js';
import type { CallerTransaction } from './session-store.js';

/** Who the session acts for, and with which rights. Sealed in the record; changed only through `SessionService.setPrincipal`. */
export interface Principal extends PrincipalClaims {
  /** The name the user logs in with. */
  readonly username: string;
  readonly roles: readonly Role[];
  readonly tenant?: string;
  /**
   * Counts the changes of these rights, in the database that decides on them: `setPrincipal` never replaces a principal by an older
   * one. Without it, of two changes that are told at the same time, the one that was told last stands.
   */
  readonly version?: number;
}

/** A user whose password was just found right. */
export interface VerifiedAccount {
  readonly userId: string;
  readonly principal: Principal;
  /** Names the password that was verified (its hash, or a counter): `changePassword` succeeds only while it is still the one. */
  readonly passwordVersion: string;
}

/**
 * Ends, in the transaction that sets a new password, what the old one has opened. `transaction` is the host's own, in the terms of
 * its session store: for TypeORM the `EntityManager`. Where the store cannot join one, the sessions are ended right afterwards.
 * @throws ConflictError when the session that asks has changed meanwhile: let the transaction roll back, it is tried again
 */
export type EndSessions = (transaction: CallerTransaction) => Promise<void>;

/**
 * The users of the host application: the one port that a host must implement. Type and injection token in one.
 * All methods read the primary, never a replica or a cache: a login that is checked against an old hash escapes P2.
 */
export abstract class Accounts {
  /** The id of the user with this name, or `undefined`. Stable for the life of the user, and not personal data. */
  abstract idOf(username: string): Promise<string | undefined>;

  /**
   * Checks a password. Answers `undefined` alike, and after the same work, for an unknown id (`undefined`), a wrong password and
   * a stopped account, so that no one learns which names exist (ASVS 6.3.8). Never logs the password.
   * @throws BusyError when too many checks are under way
   */
  abstract verifyPassword(userId: string | undefined, password: string): Promise<VerifiedAccount | undefined>;

  /**
   * Sets a new password, only if `passwordVersion` still names the current one; answers whether it did. Call `endSessions` in the
   * transaction that sets it, and no crash in between leaves the old sessions alive (design §7). A host without transactions
   * leaves it uncalled.
   * @throws InvalidInputError when the new password is not acceptable
   */
  abstract changePassword(
    userId: string,
    newPassword: string,
    passwordVersion: string,
    endSessions: EndSessions,
  ): Promise<boolean>;
}
