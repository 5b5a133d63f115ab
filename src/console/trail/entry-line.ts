import type { AuditAnswer } from '../../audit/audit-answer.js';
import { personAddress, sessionAddress } from '../console-addresses.js';

/** Something that an entry says beside what happened; with where to look further. */
export interface EntryFact {
  readonly name: string;
  readonly text: string;
  readonly href?: string;
}

/** An entry of the audit trail as the console shows it: on the page, and to its script. */
export interface EntryLine {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  /** The same for people. */
  readonly clock: string;
  readonly type: string;
  readonly outcome: string;
  readonly isWarning: boolean;
  readonly facts: readonly EntryFact[];
}

/** A time in ISO 8601 as people read it: to the second, UTC. */
export function clockOf(at: string): string {
  return at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

/** The people whom entries name: their names by their ids. */
export function peopleIn(entries: readonly AuditAnswer[]): readonly string[] {
  return [...new Set(entries.flatMap(({ userId, actorId }) => [userId, actorId]).filter((id) => id !== undefined))];
}

/** Puts an entry into a line, with people by their names as far as those are known. */
export function entryLine(entry: AuditAnswer, names: ReadonlyMap<string, string>): EntryLine {
  const { seq, at, type, outcome, level, userId, actorId, sessionId, actorSessionId } = entry;
  const person = (name: string, id: string | undefined) =>
    id === undefined ? [] : [{ name, text: names.get(id) ?? id, ...(names.has(id) ? { href: personAddress(id) } : {}) }];
  const session = (name: string, id: string | undefined) =>
    id === undefined ? [] : [{ name, text: id, href: sessionAddress(id) }];
  const plain = (name: string, text: string | number | undefined) => (text === undefined ? [] : [{ name, text: String(text) }]);
  return {
    seq,
    at,
    clock: clockOf(at),
    type,
    outcome: level === 'warn' ? `${outcome}, worth a look` : outcome,
    isWarning: level === 'warn',
    facts: [
      ...person('user', userId),
      ...person('by', actorId),
      ...plain('why', entry.reason),
      ...plain('what', entry.resource),
      ...plain('count', entry.count),
      ...plain('channel', entry.channel),
      ...plain('device', entry.device),
      ...plain('from', entry.address),
      ...session('session', sessionId),
      ...session('with session', actorSessionId),
    ],
  };
}
