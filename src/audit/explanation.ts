import type { SessionInspection } from 'nestjs-hybrid-session';
import type { AuditRecord } from 'nestjs-hybrid-session/typeorm';
import { auditAnswer, isoTime, type AuditAnswer } from './audit-answer.js';

/** Why a session is refused, for the person who is asked. Times are ISO 8601. */
export interface Explanation {
  readonly id: string;
  readonly state: SessionInspection['state'];
  /** Why it ended, as the store or the audit trail has it. */
  readonly reason?: string;
  /** When it ended, by the audit trail. */
  readonly endedAt?: string;
  readonly explanation: string;
  readonly record?: Readonly<Record<string, string | number>>;
  /** What the audit trail has of it, the newest last. */
  readonly entries: readonly AuditAnswer[];
}

const WORDS: Readonly<Record<SessionInspection['state'], string>> = {
  live: 'The session lives. What is refused is a credential that is not its present one, or a request it has no right to: see the entries.',
  expired: 'The session has reached its end by time. Its user logs in again.',
  tampered: 'The stored record is not what this server sealed: somebody has edited the store. The session cannot be used again.',
  actor_ended:
    'Somebody acted for the user in it, and the session of that person has ended, or has changed its secret or its roles.',
  key_gone:
    'The key of its secrets is not in SESSION_KEYS: put it back until its sessions have ended, or have its user log in again.',
  ended: 'The session was ended, for the reason that is given. Its user logs in again.',
  unknown: 'There is no such session, and nothing is known of one: it ended long ago, or there never was one.',
};

/** Puts together what the store and the audit trail know of a session. */
export function explanationOf(id: string, inspection: SessionInspection, entries: readonly AuditRecord[]): Explanation {
  const end = entries.findLast(({ type }) => type === 'session.ended');
  const isOver = inspection.state === 'unknown' && end !== undefined; // the store has forgotten, the trail has not
  const state = isOver ? 'ended' : inspection.state;
  const reason = reasonOf(inspection) ?? (isOver ? end.reason : undefined);
  return {
    id,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(state === 'ended' && end ? { endedAt: isoTime(end.at) } : {}),
    explanation: WORDS[state],
    ...('record' in inspection ? { record: recordOf(inspection) } : {}),
    entries: entries.map(auditAnswer),
  };
}

function reasonOf(inspection: SessionInspection): string | undefined {
  if (inspection.state === 'ended') return inspection.reason;
  return inspection.state === 'expired' ? inspection.limit : undefined;
}

function recordOf({ record }: Extract<SessionInspection, { record: unknown }>): Readonly<Record<string, string | number>> {
  const { createdAt, authenticatedAt, lastSeenAt, expiresAt, endsAt, ...rest } = record;
  const times = { createdAt, authenticatedAt, lastSeenAt, expiresAt, endsAt };
  return { ...rest, ...Object.fromEntries(Object.entries(times).map(([name, time]) => [name, isoTime(time)])) };
}
