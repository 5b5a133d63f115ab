import { createHash } from 'node:crypto';
import { InvalidOptionsError } from '../../core/errors.js';
import type { OperationId, Subject } from '../../core/ports/session-store.js';
import { slotOf } from '../../core/record/session-id.js';
import { CHANNELS, type Channel } from '../../core/record/session-record.js';
import { CHANNEL_LETTERS } from './record-codec.js';

/**
 * The names of all keys. Every key of a user carries the hash tag `{slot}`, so that in a cluster they live on one node and a
 * script may touch them in one step. A user id may hold any characters: keys carry the first 22 of its SHA-256, base64url.
 */
export class RedisKeys {
  /** The channel on which changes are told. */
  readonly channel: string;

  /** @throws InvalidOptionsError when the prefix could be read as a hash tag or as a pattern */
  constructor(private readonly prefix: string) {
    if (!/^[\w.:-]+$/.test(prefix)) {
      throw new InvalidOptionsError(['prefix: use only letters, digits, "_", ".", ":" and "-".']);
    }
    this.channel = `${prefix}:changes`;
  }

  /** The record of a session, or for a while its tombstone. */
  session(id: string): string {
    return this.sessions(slotOf(id)) + memberOf(id);
  }

  /** What every session key of a slot begins with. */
  sessions(slot: string): string {
    return `${this.prefix}:{${slot}}:s:`;
  }

  /** The first outcome of one call of a mutation. */
  operation(slot: string, operation: OperationId): string {
    return `${this.prefix}:{${slot}}:op:${operation}`;
  }

  /** How far the journal of a slot has been applied here: `<sequence>:<whose call it was>`. */
  position(slot: string): string {
    return `${this.prefix}:{${slot}}:pos`;
  }

  /** The fence of a user. */
  fence({ slot, userId }: Subject): string {
    return `${this.prefix}:{${slot}}:f:${shortHash(userId)}`;
  }

  /** The sessions of a user on one channel. */
  index({ slot, userId }: Subject, channel: Channel): string {
    return `${this.prefix}:{${slot}}:i:${shortHash(userId)}:${CHANNEL_LETTERS[channel]}`;
  }

  /** The sessions of a user on every channel: each name ends with the letter of its own. */
  indexes(subject: Subject): string[] {
    return CHANNELS.map((channel) => this.index(subject, channel));
  }

  /** The pattern of all session keys, or of all fence keys. */
  every(kind: 'sessions' | 'fences'): string {
    return `${this.prefix}:{*}:${kind === 'sessions' ? 's' : 'f'}:*`;
  }
}

/** What a session is called within its slot: the part of its id after the dot. */
export function memberOf(id: string): string {
  return id.slice(id.indexOf('.') + 1);
}

function shortHash(userId: string): string {
  return createHash('sha256').update(userId).digest('base64url').slice(0, 22);
}
