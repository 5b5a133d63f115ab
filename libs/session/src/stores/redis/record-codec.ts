import type { Channel, SessionRecord } from '../../core/record/session-record.js';

/**
 * A record as the store keeps it: one JSON array by position, without its id (the key has it). First the numbers that
 * scripts move, then what they read, then the rest, and last the sealed part, which they replace: see scripts/parts.ts.
 */
type StoredRecord = [
  generation: number,
  usedAt: number,
  minGeneration: number,
  replays: number,
  lastSeenAt: number,
  version: number,
  idleTimeout: number,
  expiresAt: number,
  channel: string,
  userId: string,
  createdAt: number,
  authenticatedAt: number,
  remembered: number,
  clientId: string | null,
  scope: string | null,
  amr: string,
  acr: string,
  dpopThumbprint: string | null,
  salt: string,
  keyId: string,
  sealed: string,
];

const SHAPE = 'nnnnnnnnssnnnttsstsss';
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => typeof value === 'number',
  s: (value) => typeof value === 'string',
  t: (value) => value === null || typeof value === 'string',
};

/** One letter per channel, in values and in the names of indexes. */
export const CHANNEL_LETTERS = { browser: 'b', api: 'a' } as const satisfies Record<Channel, string>;

/** The channel of a letter. */
export function channelOf(letter: string): Channel {
  return letter === CHANNEL_LETTERS.api ? 'api' : 'browser';
}

/** JSON in which a quotation mark only ever begins or ends a string: so a script cuts it apart without parsing it. */
function toJson(value: string | StoredRecord): string {
  const json = JSON.stringify(value);
  return json.includes('\\') ? json.replace(/\\[\\"]/g, (pair) => (pair === '\\"' ? '\\u0022' : pair)) : json;
}

/** Writes a record for the store. */
export function encodeRecord(record: SessionRecord): string {
  return toJson([
    record.generation,
    record.usedAt,
    record.minGeneration,
    record.replays,
    record.lastSeenAt,
    record.version,
    record.idleTimeout,
    record.expiresAt,
    CHANNEL_LETTERS[record.channel],
    record.userId,
    record.createdAt,
    record.authenticatedAt,
    record.remembered ? 1 : 0,
    record.clientId ?? null,
    record.scope ?? null,
    record.amr,
    record.acr,
    record.dpopThumbprint ?? null,
    record.salt,
    record.keyId,
    record.sealed,
  ]);
}

/** Writes a sealed part, as it stands at the end of a record. */
export function encodeSealed(sealed: string): string {
  return toJson(sealed);
}

/** Reads what {@link encodeRecord} wrote. A value of another shape is no record: whoever can write to the store can only end sessions (P6). */
export function decodeRecord(id: string, value: unknown): SessionRecord | undefined {
  if (typeof value !== 'string') return undefined;
  const fields = parse(value);
  if (!isStored(fields)) return undefined;
  const [generation, usedAt, minGeneration, replays, lastSeenAt, version, idleTimeout, expiresAt, channel, userId, ...rest] =
    fields;
  const [createdAt, authenticatedAt, remembered, clientId, scope, amr, acr, dpopThumbprint, salt, keyId, sealed] = rest;
  return {
    id,
    userId,
    channel: channelOf(channel),
    ...(clientId === null ? {} : { clientId }),
    ...(scope === null ? {} : { scope }),
    createdAt,
    authenticatedAt,
    idleTimeout,
    expiresAt,
    amr,
    acr,
    remembered: remembered === 1,
    ...(dpopThumbprint === null ? {} : { dpopThumbprint }),
    salt,
    keyId,
    generation,
    usedAt,
    minGeneration,
    replays,
    lastSeenAt,
    version,
    sealed,
  };
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function isStored(fields: unknown): fields is StoredRecord {
  return Array.isArray(fields) && fields.length === SHAPE.length && fields.every((field, at) => FITS[SHAPE.charAt(at)]?.(field));
}
