/** Where an act came from, and who did it: told in the audit trail. */
export interface Origin {
  /** The client's address as the host application trusts it. */
  readonly address: string;
  /** The user who did it, told where it is another than the one it was done to. */
  readonly actorId?: string;
  /** The session it was done with, told where it is another than the one it was done to. */
  readonly actorSessionId?: string;
}

/** What an event about a user, and perhaps a session, says of where it came from. */
export function toldOf(
  origin: Origin | undefined,
  about: { readonly userId?: string; readonly sessionId?: string },
): Partial<Origin> {
  if (!origin) return {};
  const { address, actorId, actorSessionId } = origin;
  return {
    address,
    ...(actorId === undefined || actorId === about.userId ? {} : { actorId }),
    ...(actorSessionId === undefined || actorSessionId === about.sessionId ? {} : { actorSessionId }),
  };
}
