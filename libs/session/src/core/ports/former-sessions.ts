import type { Principal } from './accounts.js';

/** A session as the system kept it that this one takes the place of: whatever the host had put in. */
export type FormerSession = { readonly [name: string]: unknown };

/** The right to upgrade a former session, which one caller has at a time. */
export interface FormerClaim {
  /** The former session's id: a credential, to be told nobody. */
  readonly id: string;
  readonly token: string;
}

export type ClaimOutcome =
  /** `persistent`: whether its cookie outlived the browser. */
  | {
      readonly outcome: 'claimed';
      readonly claim: FormerClaim;
      readonly session: FormerSession;
      readonly persistent: boolean;
    }
  /** A session of ours has its place, since a moment ago. */
  | { readonly outcome: 'upgraded'; readonly sessionId: string }
  /** There is none, or none any more. */
  | { readonly outcome: 'none' };

/** What is to be told when all sessions of a user end: they must not go on as former ones. */
export interface FormerEndings {
  /**
   * From now on no session of this user that is still a former one is exchanged; without a user: nobody's.
   * @throws StoreUnavailableError
   */
  endAllOf(userId?: string): Promise<void>;

  /** Whether {@link endAllOf} was called for this user, or for all. @throws StoreUnavailableError */
  hasEnded(userId: string): Promise<boolean>;
}

/**
 * The sessions of the system that this one takes the place of: a browser that still has one is given one of ours in exchange. Every
 * method that asks the former store throws {@link StoreUnavailableError} when it cannot be asked.
 */
export abstract class FormerSessions implements FormerEndings {
  /** The cookie that it was known by, and what has to be said to take it away. */
  abstract readonly cookie: { readonly name: string; readonly path: string; readonly domain?: string | undefined };

  /** The longest that a session lives which was given in exchange. Milliseconds. */
  abstract readonly lifetime: number;

  /** The id in a cookie that the former system made; `undefined` for any other text. Compares in constant time, and asks nobody. */
  abstract recognise(cookie: string): string | undefined;

  /** Whose session it is; `undefined` for a visitor's. */
  abstract userOf(session: FormerSession): string | undefined;

  /** The rights of a user as they are now, from the primary; `undefined` for one who may not log in. */
  abstract principalOf(userId: string): Promise<Principal | undefined>;

  /** Claims a session, unless another has: then waits for what becomes of that. One step. */
  abstract claim(id: string, now: number): Promise<ClaimOutcome>;

  /** Puts our session in the place of the former, which is gone for good. One step; `false`: the claim, or the former session, is no more. */
  abstract settle(claim: FormerClaim, sessionId: string, now: number): Promise<boolean>;

  /** Gives a claim back. The former session is as it was. */
  abstract release(claim: FormerClaim): Promise<void>;

  /** Ends a former session for good. Answers the session of ours that has taken its place a moment ago, if one has. */
  abstract end(id: string, now: number): Promise<string | undefined>;

  abstract endAllOf(userId?: string): Promise<void>;

  abstract hasEnded(userId: string): Promise<boolean>;
}
