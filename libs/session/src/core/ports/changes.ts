/** What a feed of changes tells (design §7). It only makes a revocation known sooner: no bound and no property rests on it. */
export type Change =
  /**
   * A record was ended, renewed or rewritten. Uses, and rotations that end nothing, are not told: no copy is wrong by them.
   * `at`: when, by the store's clock, in milliseconds since the Unix epoch; absent where the store does not know.
   */
  | { readonly type: 'changed'; readonly id: string; readonly at?: number }
  /** So many records of a slot (the part of an id before the dot) changed at once that they are not named: any of them may have. */
  | { readonly type: 'slot_changed'; readonly slot: string; readonly at?: number }
  /** Every session of every user was ended. */
  | { readonly type: 'everyone'; readonly at?: number }
  /** Changes may have been missed: the connection broke and is whole again, or there is no feed. */
  | { readonly type: 'gap' };

/** How many records that changed at once are named. Of more the slot is: whoever has ten thousand sessions is told of in one message. */
export const NAMED_AT_MOST = 1_000;

/** Takes changes, also several times the same one. It must not throw, and is not waited for. */
export type ChangeListener = (change: Change) => void;

/** A listener's place at a feed. */
export interface Subscription {
  /** Ends it: the listener is told nothing more. Never fails. */
  close(): Promise<void>;
}
