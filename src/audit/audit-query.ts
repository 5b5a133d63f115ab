import { InvalidInputError } from 'nestjs-hybrid-session';
import type { AuditQuery } from 'nestjs-hybrid-session/typeorm';
import { AUDIT_TYPES } from './app-acts.js';

const LONGEST = 255;
const MOST = 1_000;
const PLAIN = /^[^\p{Cc}\p{Cs}\ufffd]+$/u;
/** A time with its offset, as RFC 3339 has it: without one it would be the server's. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const NAMES = ['user', 'type', 'after', 'before', 'limit'] as const;

type Parameters = Readonly<Partial<Record<(typeof NAMES)[number], string>>>;

/**
 * Reads which entries are asked for: `user` (an id), `type`, `after` (the `seq` of an entry, or a time), `before` (a `seq`), `limit`.
 * @throws InvalidInputError for anything else: what is not understood must not look like an answer
 */
export function readAuditQuery(query: Readonly<Record<string, unknown>>): AuditQuery {
  const { user, type, after, before, limit } = parametersOf(query);
  if (type !== undefined && !AUDIT_TYPES.has(type)) throw new InvalidInputError('There is no type of that name.', 'type');
  const since = after !== undefined && TIME.test(after) ? Date.parse(after) : undefined;
  if (Number.isNaN(since)) throw new InvalidInputError('The parameter after is no time that there is.', 'after');
  return {
    user,
    type,
    since,
    after: since === undefined ? placeOf('after', after) : undefined,
    before: placeOf('before', before),
    limit: limit === undefined ? undefined : wholeNumber('limit', limit, 1, MOST),
  };
}

function parametersOf(query: Readonly<Record<string, unknown>>): Parameters {
  const given: { -readonly [Name in keyof Parameters]: Parameters[Name] } = {};
  for (const [name, value] of Object.entries(query)) {
    const known = NAMES.find((one) => one === name);
    if (!known) throw new InvalidInputError(`The parameters are ${NAMES.join(', ')}.`);
    if (typeof value !== 'string' || value.length > LONGEST || !PLAIN.test(value)) {
      throw new InvalidInputError(`The parameter ${known} must be one text of 1 to ${LONGEST} plain characters.`, known);
    }
    given[known] = value;
  }
  return given;
}

function placeOf(name: 'after' | 'before', text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber(name, text, 0, Number.MAX_SAFE_INTEGER);
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
  throw new InvalidInputError(
    `The parameter ${name} must be a whole number ${range}${name === 'after' ? ', or a time' : ''}.`,
    name,
  );
}
