import { createHash, randomBytes } from 'node:crypto';
import type { Subject } from '../core/ports/session-store.js';
import type { SessionRecord } from '../core/record/session-record.js';

/** A user nobody has seen before, or the one with this id; the slot follows from the id, as in production. */
export function aSubject(userId = `user-${random(9)}`): Subject {
  return { userId, slot: createHash('sha256').update(userId).digest('hex').slice(0, 4) };
}

/**
 * A session record that was made at `createdAt` (default: a round moment in 2033), for a user of its own unless `userId`, with
 * or without `slot`, says whose. Idle timeout 30 minutes, absolute end after 8 hours, generation and version 0.
 */
export function aRecord(overrides: Partial<SessionRecord & Subject> = {}): SessionRecord {
  const { slot, ...fields } = overrides;
  const subject = aSubject(fields.userId);
  const createdAt = fields.createdAt ?? 2_000_000_000_000;
  return {
    id: `${slot ?? subject.slot}.${random(16)}`,
    userId: subject.userId,
    channel: 'api',
    createdAt,
    authenticatedAt: createdAt,
    idleTimeout: 1_800_000,
    expiresAt: createdAt + 28_800_000,
    amr: 'pwd',
    acr: 'aal1',
    remembered: false,
    salt: random(32),
    keyId: 'k1',
    generation: 0,
    usedAt: 0,
    minGeneration: 0,
    replays: 0,
    lastSeenAt: createdAt,
    version: 0,
    sealed: random(96),
    ...fields,
  };
}

function random(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
