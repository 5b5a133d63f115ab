/** Every {@link Channel}. */
export const CHANNELS = ['browser', 'api', 'support', 'visitor'] as const;

/**
 * How a session's credential travels, and whose it is: a user's cookie; a user's refresh token with access tokens; the access token of
 * somebody who acts for a user; the cookie of a visitor who is no user. Limits count each channel by itself.
 */
export type Channel = (typeof CHANNELS)[number];

/** The channels that a user logs in on. */
export type LoginChannel = Exclude<Channel, 'support' | 'visitor'>;

/** Reads a channel that a store has kept; any other text is none. */
export function channelOf(text: unknown): Channel | undefined {
  return CHANNELS.find((channel) => channel === text);
}

/** Every reason a session ends for. */
export const END_REASONS = [
  'logout',
  'revoked',
  'logout_others',
  'logout_all',
  'password_changed',
  'password_reset',
  'account_disabled',
  'evicted',
  'replaced',
  'reuse',
  'suspected_sharing',
  'client_changed',
  'administrator',
  'everyone',
] as const;

/** Why a session ended. Kept in the audit trail and, for a while, in the store's tombstone. */
export type EndReason = (typeof END_REASONS)[number];

/** Reads a reason that a store has kept; any other text is none. */
export function endReasonOf(text: unknown): EndReason | undefined {
  return END_REASONS.find((reason) => reason === text);
}

/**
 * One login (design §3). Its existence in the store is what "logged in" means. All times are milliseconds since the
 * Unix epoch, all durations milliseconds.
 */
export interface SessionRecord {
  /** Public handle `<slot>.<random>`, safe to log and list: see session-id.ts. */
  readonly id: string;
  readonly userId: string;
  readonly channel: Channel;
  readonly clientId?: string;
  /** Space-separated scopes granted at login (RFC 6749 §3.3). */
  readonly scope?: string;
  readonly createdAt: number;
  readonly authenticatedAt: number;
  /** How long the session may stay unused. */
  readonly idleTimeout: number;
  /** The absolute end. Nothing ever moves it (P10). */
  readonly expiresAt: number;
  /** Authentication methods (RFC 8176), space-separated. */
  readonly amr: string;
  /** Authentication context class (RFC 9068 §2.2.1). */
  readonly acr: string;
  /** Whether the person asked to be remembered: the cookie outlives the browser. */
  readonly remembered: boolean;
  /** RFC 7638 thumbprint of the key the credentials are bound to (RFC 9449). */
  readonly dpopThumbprint?: string;
  /** 32 random bytes, base64url: what makes this session's secrets its own. */
  readonly salt: string;
  /** Names the ring key that derives this session's secrets; fixed for its life. */
  readonly keyId: string;

  /** Counts rotations of the secret. */
  readonly generation: number;
  /** When the current generation was first used; 0 = not yet. */
  readonly usedAt: number;
  /** Credentials of an older generation are dead: replaced on purpose. */
  readonly minGeneration: number;
  /** Which of the last three generations saw a replay, one bit each, newest lowest (design §6, `suspected_sharing`). */
  readonly replays: number;
  readonly lastSeenAt: number;

  /** Version of the sealed part: every write of it expects the one it read. */
  readonly version: number;
  /** Principal, device and application data, sealed: see sealer.ts. The store cannot read it. */
  readonly sealed: string;
}

/** What a store says of a session it has ended. */
export interface EndedSession {
  readonly id: string;
  readonly userId: string;
  readonly channel: Channel;
}
