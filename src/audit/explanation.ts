import { inspectionInWords, type SessionInspection } from 'nestjs-hybrid-session';
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
  /** What the audit trail has of it, the newest last: not all of it, but what decides, wherever that stands. */
  readonly entries: readonly AuditAnswer[];
}

/**
 * Puts together what the store and the audit trail know of a session.
 * @param entries in the order of the trail; its end must be among them, if the trail has that
 */
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
    explanation: inspectionInWords(state),
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
