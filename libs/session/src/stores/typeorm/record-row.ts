import { effectiveEnd } from '../../core/record/lifetimes.js';
import { channelOf, type SessionRecord } from '../../core/record/session-record.js';

/** A row as a driver gives it: by the names of the columns. */
export type Row = Readonly<Record<string, unknown>>;

/** The columns of a session in the order of {@link recordValues}. */
export const RECORD_COLUMNS = [
  'id',
  'user_id',
  'channel',
  'client_id',
  'scope',
  'created_at',
  'authenticated_at',
  'idle_timeout',
  'expires_at',
  'amr',
  'acr',
  'remembered',
  'dpop_thumbprint',
  'salt',
  'key_id',
  'generation',
  'used_at',
  'min_generation',
  'replays',
  'last_seen_at',
  'version',
  'sealed',
  'sweep_at',
] as const;

/** A value that any of the drivers takes. */
export type Value = string | number | null;

/** The values of a record's row. */
export function recordValues(record: SessionRecord): readonly Value[] {
  return [
    record.id,
    record.userId,
    record.channel,
    record.clientId ?? null,
    record.scope ?? null,
    record.createdAt,
    record.authenticatedAt,
    record.idleTimeout,
    record.expiresAt,
    record.amr,
    record.acr,
    record.remembered ? 1 : 0,
    record.dpopThumbprint ?? null,
    record.salt,
    record.keyId,
    record.generation,
    record.usedAt,
    record.minGeneration,
    record.replays,
    record.lastSeenAt,
    record.version,
    record.sealed,
    effectiveEnd(record),
  ];
}

/** The record of a row. */
export function recordOf(row: Row): SessionRecord {
  return {
    id: textOf(row, 'id'),
    userId: textOf(row, 'user_id'),
    channel: channelOf(row['channel']) ?? 'browser', // of what stands for none the seal opens as little
    ...optional('clientId', row['client_id']),
    ...optional('scope', row['scope']),
    createdAt: numberOf(row, 'created_at'),
    authenticatedAt: numberOf(row, 'authenticated_at'),
    idleTimeout: numberOf(row, 'idle_timeout'),
    expiresAt: numberOf(row, 'expires_at'),
    amr: textOf(row, 'amr'),
    acr: textOf(row, 'acr'),
    remembered: numberOf(row, 'remembered') === 1,
    ...optional('dpopThumbprint', row['dpop_thumbprint']),
    salt: textOf(row, 'salt'),
    keyId: textOf(row, 'key_id'),
    generation: numberOf(row, 'generation'),
    usedAt: numberOf(row, 'used_at'),
    minGeneration: numberOf(row, 'min_generation'),
    replays: numberOf(row, 'replays'),
    lastSeenAt: numberOf(row, 'last_seen_at'),
    version: numberOf(row, 'version'),
    sealed: textOf(row, 'sealed'),
  };
}

/** What steps that concern all sessions of a user must know of each: less than half a row, and not the seal, which is most of it. */
export type Standing = Pick<
  SessionRecord,
  'id' | 'userId' | 'channel' | 'createdAt' | 'idleTimeout' | 'expiresAt' | 'generation' | 'lastSeenAt' | 'version'
>;

/** The columns of {@link Standing}. */
export const STANDING_COLUMNS = 'id, user_id, channel, created_at, idle_timeout, expires_at, generation, last_seen_at, version';

/** How the session of a row stands. */
export function standingOf(row: Row): Standing {
  return {
    id: textOf(row, 'id'),
    userId: textOf(row, 'user_id'),
    channel: channelOf(row['channel']) ?? 'browser',
    createdAt: numberOf(row, 'created_at'),
    idleTimeout: numberOf(row, 'idle_timeout'),
    expiresAt: numberOf(row, 'expires_at'),
    generation: numberOf(row, 'generation'),
    lastSeenAt: numberOf(row, 'last_seen_at'),
    version: numberOf(row, 'version'),
  };
}

/** A text column. */
export function textOf(row: Row, column: string): string {
  return String(row[column]);
}

/** A whole number, which PostgreSQL gives as text. */
export function numberOf(row: Row, column: string): number {
  return Number(row[column]);
}

function optional<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  const field: Partial<Record<Name, string>> = {};
  if (typeof value === 'string') field[name] = value;
  return field;
}
