import type {
  CreateOutcome,
  RenewOutcome,
  RevokeAllOutcome,
  RotateOutcome,
  WriteOutcome,
} from '../../core/ports/session-store.js';
import { channelOf, type EndedSession } from '../../core/record/session-record.js';

type Fields = Readonly<Record<string, unknown>>;

/** Reads an outcome that was remembered as JSON. Whoever has spoilt it in the store gets an error, not an outcome of his own making. */
export type ReadOutcome<T> = (value: unknown) => T;

export const readCreate: ReadOutcome<CreateOutcome> = (value) => {
  const { outcome, evicted } = fieldsOf(value);
  if (outcome === 'created') return { outcome, evicted: listOf(evicted) };
  return outcome === 'limitReached' || outcome === 'fenced' ? { outcome } : spoilt();
};

export const readRotate: ReadOutcome<RotateOutcome> = (value) => {
  const { outcome, generation, replays, ended } = fieldsOf(value);
  if (outcome === 'reused') return { outcome, ended: readEnded(ended) };
  const moved = outcome === 'rotated' || outcome === 'replayed' || outcome === 'healed';
  if (moved && typeof generation === 'number' && typeof replays === 'number') return { outcome, generation, replays };
  return outcome === 'superseded' || outcome === 'gone' ? { outcome } : spoilt();
};

export const readRenew: ReadOutcome<RenewOutcome> = (value) => {
  const { outcome } = fieldsOf(value);
  return outcome === 'renewed' || outcome === 'conflict' || outcome === 'fenced' || outcome === 'gone' ? { outcome } : spoilt();
};

export const readWrite: ReadOutcome<WriteOutcome> = (value) => {
  const { outcome } = fieldsOf(value);
  return outcome === 'written' || outcome === 'conflict' || outcome === 'gone' ? { outcome } : spoilt();
};

export const readRevokeAll: ReadOutcome<RevokeAllOutcome> = (value) => {
  const { outcome, ended, spared } = fieldsOf(value);
  if (outcome === 'revoked') return { outcome, ended: listOf(ended), spared: spared === true };
  return outcome === 'conflict' ? { outcome } : spoilt();
};

export const readEnded: ReadOutcome<EndedSession> = (value) => {
  const { id, userId, channel: text } = fieldsOf(value);
  const channel = channelOf(text);
  return typeof id === 'string' && typeof userId === 'string' && channel ? { id, userId, channel } : spoilt();
};

function listOf(value: unknown): readonly EndedSession[] {
  return Array.isArray(value) ? value.map((ended: unknown) => readEnded(ended)) : spoilt();
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : spoilt();
}

function spoilt(): never {
  throw new Error('An outcome that the session store remembered cannot be read: someone has changed the table of operations.');
}
