/**
 * Who acts in a session that is another user's (RFC 8693 §4.1): support staff. Sealed in the record, so that nobody who writes the
 * store can take it away.
 */
export interface SessionActor {
  readonly userId: string;
  /** The actor's own session: with it this one ends. */
  readonly sessionId: string;
}

/** What a record remembers of its actor: as much as tells whether he is still who he was. */
export interface SealedActor extends SessionActor {
  /** The `minGeneration` of his session: it moves when he proves himself again, or changes his password. */
  readonly minGeneration: number;
  /** The roles that he had. He must not have lost one since. */
  readonly roles: readonly string[];
}

/** The actor without what is nobody's affair. */
export function actorOf({ userId, sessionId }: SessionActor): SessionActor {
  return { userId, sessionId };
}
