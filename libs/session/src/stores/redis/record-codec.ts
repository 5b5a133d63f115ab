import { CHANNELS, type Channel, type SessionRecord } from '../../core/record/session-record.js';

/**
 * A record as the store keeps it: one JSON array by position, without its id (the key has it). First the numbers that
 * scripts work with, then who it is, then the rest, and last the sealed part, which they replace: see script-parts.ts.
 * Every byte is paid once per session: so times count from `createdAt`, and what is absent is 0.
 */
type StoredRecord = [
  generation: number,
  usedAt: number,
  minGeneration: number,
  replays: number,
  version: number,
  idleTimeout: number,
  createdAt: number,
  lastSeenAfter: number,
  expiresAfter: number,
  channel: string,
  userId: string,
  authenticatedAfter: number,
  remembered: number,
  clientId: string | 0,
  scope: string | 0,
  amr: string,
  acr: string,
  dpopThumbprint: string | 0,
  salt: string,
  keyId: string,
  sealed: string,
];

const SHAPE = 'nnnnnnnnnssnnttsstsss';
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => typeof value === 'number',
  s: (value) => typeof value === 'string',
  t: (value) => value === 0 || typeof value === 'string',
};

/** One letter per channel, in values and in the names of indexes. */
export const CHANNEL_LETTERS = { browser: 'b', api: 'a', support: 's', visitor: 'v' } as const satisfies Record<Channel, string>;

/** The channel of a letter. What stands for none opens as no session whichever is answered: the seal knows the right one. */
export function channelOf(letter: string): Channel {
  return CHANNELS.find((channel) => CHANNEL_LETTERS[channel] === letter) ?? 'browser';
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
    record.version,
    record.idleTimeout,
    record.createdAt,
    record.lastSeenAt - record.createdAt,
    record.expiresAt - record.createdAt,
    CHANNEL_LETTERS[record.channel],
    record.userId,
    record.authenticatedAt - record.createdAt,
    record.remembered ? 1 : 0,
    record.clientId ?? 0,
    record.scope ?? 0,
    record.amr,
    record.acr,
    record.dpopThumbprint ?? 0,
    record.salt,
    record.keyId,
    record.sealed,
  ]);
}

/** Writes a sealed part, as it stands at the end of a record. */
export function encodeSealed(sealed: string): string {
  return toJson(sealed);
}

/** Reads what {@link encodeRecord} wrote. A tombstone, or a value of any other shape, is no record: whoever can write to the store can only end sessions (P6). */
export function decodeRecord(id: string, value: unknown): SessionRecord | undefined {
  if (typeof value !== 'string' || !value.startsWith('[')) return undefined;
  const fields = parse(value);
  if (!isStored(fields)) return undefined;
  const [generation, usedAt, minGeneration, replays, version, idleTimeout, createdAt, lastSeenAfter, expiresAfter, ...rest] =
    fields;
  const [channel, userId, authenticatedAfter, remembered, clientId, scope, amr, acr, dpopThumbprint, salt, keyId, sealed] = rest;
  return {
    id,
    userId,
    channel: channelOf(channel),
    ...(clientId === 0 ? {} : { clientId }),
    ...(scope === 0 ? {} : { scope }),
    createdAt,
    authenticatedAt: createdAt + authenticatedAfter,
    idleTimeout,
    expiresAt: createdAt + expiresAfter,
    amr,
    acr,
    remembered: remembered === 1,
    ...(dpopThumbprint === 0 ? {} : { dpopThumbprint }),
    salt,
    keyId,
    generation,
    usedAt,
    minGeneration,
    replays,
    lastSeenAt: createdAt + lastSeenAfter,
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
