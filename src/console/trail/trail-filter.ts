import { InvalidInputError, isSessionId } from 'nestjs-hybrid-session';
import type { AuditQuery } from 'nestjs-hybrid-session/typeorm';
import { AUDIT_TYPES } from '../../audit/app-acts.js';
import { queryText } from '../query-text.js';

/** What a person asks of the audit trail, as it was typed. */
export interface TrailFilter {
  readonly type: string;
  /** A user name, or an id. */
  readonly user: string;
  readonly session: string;
  /** `2026-11-26T06:10`, UTC. */
  readonly from: string;
  readonly to: string;
  /** The entry before which to go on. */
  readonly before: string;
}

/** What browsers send for a moment, with or without seconds. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/;
const PLACE = /^\d{1,15}$/;

/** Reads what an address asks for. */
export function trailFilter(query: Readonly<Record<string, unknown>>): TrailFilter {
  const text = (name: keyof TrailFilter) => queryText(query[name]);
  return {
    type: text('type'),
    user: text('user'),
    session: text('session'),
    from: text('from'),
    to: text('to'),
    before: text('before'),
  };
}

/** Whether a filter leaves anything out. */
export function isFiltered({ type, user, session, from, to }: TrailFilter): boolean {
  return [type, user, session, from, to].some((text) => text !== '');
}

/**
 * What to ask the trail for: all but the user, whose id is to be found.
 * @throws InvalidInputError with the name of the field, for what is not understood: it must not look like an answer
 */
export function trailQuery({ type, session, from, to, before }: TrailFilter): Omit<AuditQuery, 'user' | 'after' | 'limit'> {
  if (type !== '' && !AUDIT_TYPES.has(type)) throw new InvalidInputError('There is no type of that name.', 'type');
  if (before !== '' && !PLACE.test(before)) throw new InvalidInputError('There is no such place in the trail.', 'before');
  if (session !== '' && !isSessionId(session)) throw new InvalidInputError('That is no session id.', 'session');
  return {
    ...(type === '' ? {} : { type }),
    ...(session === '' ? {} : { sessionId: session }),
    ...(from === '' ? {} : { since: momentOf('from', from) }),
    ...(to === '' ? {} : { until: momentOf('to', to) }),
    ...(before === '' ? {} : { before: Number(before) }),
  };
}

function momentOf(field: 'from' | 'to', text: string): number {
  const moment = MOMENT.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  // 31 February is read as a day of March.
  const isTime = !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text);
  if (!isTime) throw new InvalidInputError('This is no time: write 2026-11-26T06:10.', field);
  return moment;
}
