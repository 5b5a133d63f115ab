import type {
  CreateOutcome,
  RenewOutcome,
  RevokeAllOutcome,
  RotateOutcome,
  WriteOutcome,
} from '../../core/ports/session-store.js';
import { slotOf } from '../../core/record/session-id.js';
import { CHANNELS, type EndedSession } from '../../core/record/session-record.js';
import { channelOf } from './record-codec.js';

/** A reply as the list that it must be. Throws on anything else. */
export function listOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw unexpected(reply);
}

/** A reply as the list of strings that it must be. Throws on anything else: the server is not what we think. */
export function wordsOf(reply: unknown): string[] {
  if (Array.isArray(reply) && reply.every((word) => typeof word === 'string')) return reply;
  throw unexpected(reply);
}

/** A reply as the string that it must be. */
export function wordOf(reply: unknown): string {
  if (typeof reply === 'string') return reply;
  throw unexpected(reply);
}

/** Reads the answer of `CREATE`, for a session of this user, channel and slot. */
export function createOutcome(reply: unknown, { id, userId, channel }: EndedSession): CreateOutcome {
  const [outcome, ...members] = wordsOf(reply);
  if (outcome === 'fenced' || outcome === 'limitReached') return { outcome };
  if (outcome !== 'created') throw unexpected(reply);
  const slot = slotOf(id);
  return { outcome, evicted: members.map((member) => ({ id: `${slot}.${member}`, userId, channel })) };
}

/** Reads the answer of `ROTATE`. */
export function rotateOutcome(reply: unknown, id: string): RotateOutcome {
  const [outcome, first, second] = wordsOf(reply);
  if (outcome === 'superseded' || outcome === 'gone') return { outcome };
  if (outcome === 'reused') return { outcome, ended: endedSession(id, first) };
  if (outcome === 'rotated' || outcome === 'replayed' || outcome === 'healed') {
    return { outcome, generation: Number(first), replays: Number(second) };
  }
  throw unexpected(reply);
}

/** Reads the answer of `RENEW`. */
export function renewOutcome(reply: unknown): RenewOutcome {
  const [outcome] = wordsOf(reply);
  if (outcome === 'renewed' || outcome === 'conflict' || outcome === 'fenced' || outcome === 'gone') return { outcome };
  throw unexpected(reply);
}

/** Reads the answer of `WRITE`. */
export function writeOutcome(reply: unknown): WriteOutcome {
  const [outcome] = wordsOf(reply);
  if (outcome === 'written' || outcome === 'conflict' || outcome === 'gone') return { outcome };
  throw unexpected(reply);
}

/** Reads the answer of `REVOKE`. */
export function revokeOutcome(reply: unknown, id: string): EndedSession | undefined {
  const [outcome, identity] = wordsOf(reply);
  return outcome === 'ended' ? endedSession(id, identity) : undefined;
}

/** Reads the answer of `REVOKE_ALL`, for this user: names by channel, in the order of {@link CHANNELS}. */
export function revokeAllOutcome(reply: unknown, slot: string, userId: string): RevokeAllOutcome {
  const [outcome, spared, ...names] = wordsOf(reply);
  if (outcome === 'conflict') return { outcome };
  if (outcome !== 'revoked') throw unexpected(reply);
  const ended = CHANNELS.flatMap((channel, at) => {
    const members = names[at] ? names[at].split(' ') : [];
    return members.map((member) => ({ id: `${slot}.${member}`, userId, channel }));
  });
  return { outcome, ended, spared: spared === '1' };
}

/** `identity` is the two JSON strings that name channel and user in a record. */
function endedSession(id: string, identity: string | undefined): EndedSession {
  const [letter, userId] = wordsOf(JSON.parse(`[${identity}]`));
  return { id, userId: userId ?? '', channel: channelOf(letter ?? '') };
}

function unexpected(reply: unknown): Error {
  return new Error(`Redis answered what no script of this store answers: ${JSON.stringify(reply)}`);
}
