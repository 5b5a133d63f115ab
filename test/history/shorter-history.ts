import { checkHistory } from './check-history.js';
import type { Answer, Operation, Rules } from './operation.js';

/**
 * Leaves out what a violation does not need, so that a person can read the rest. Only such calls are tried as a lawful history stays
 * lawful without: those that only read, and sessions with all that was done to them, where nobody counts sessions. The same call must
 * stay the first that cannot be explained.
 */
export function shorterHistory(history: readonly Operation[], culprit: Operation, rules: Rules): readonly Operation[] {
  const end = culprit.returned?.at ?? Number.POSITIVE_INFINITY;
  const isStillWrong = (operations: readonly Operation[]) =>
    checkHistory(operations, rules).violation?.operation.id === culprit.id;
  const until = history.filter(({ calledAt }) => calledAt <= end).map((operation) => unansweredAfter(operation, end));
  if (!isStillWrong(until)) return history;
  const reads = until.filter((operation) => operation.id !== culprit.id && onlyReads(operation)).map((operation) => [operation]);
  const left = without(until, reads, isStillWrong);
  return counts(culprit.returned?.answer) ? left : without(left, sessionsOf(left, culprit), isStillWrong);
}

/** Leaves out groups of calls, many at a time first, as long as it stays wrong. */
function without(
  history: readonly Operation[],
  groups: readonly (readonly Operation[])[],
  isStillWrong: (operations: readonly Operation[]) => boolean,
): readonly Operation[] {
  let kept = history;
  let open = [...groups];
  for (let size = open.length; size >= 1; size = Math.floor(size / 2)) {
    const needed: (readonly Operation[])[] = [];
    for (let from = 0; from < open.length; from += size) {
      const chunk = open.slice(from, from + size);
      const dropped = new Set(chunk.flat());
      const rest = kept.filter((operation) => !dropped.has(operation));
      if (isStillWrong(rest)) kept = rest;
      else needed.push(...chunk);
    }
    open = needed;
  }
  return kept;
}

function unansweredAfter(operation: Operation, end: number): Operation {
  if (!operation.returned || operation.returned.at <= end) return operation;
  const { returned: _, ...unanswered } = operation;
  return unanswered;
}

function onlyReads({ call, returned }: Operation): boolean {
  const isRefused = returned?.answer.type === 'refused' || returned?.answer.type === 'notFound';
  if (call.type === 'check' || call.type === 'list') return isRefused || call.shown.kind === 'cookie';
  if (call.type === 'tokenOfCookie') return true;
  return isRefused && (call.type === 'endAll' || call.type === 'endOthers' || call.type === 'endOne' || call.type === 'login');
}

function counts(answer: Answer | undefined): boolean {
  return answer?.type === 'ended' || answer?.type === 'listed' || answer?.type === 'limitReached';
}

/** Each session that the culprit does not speak of, with every call that does, unless one of them is about the others too. */
function sessionsOf(history: readonly Operation[], culprit: Operation): readonly (readonly Operation[])[] {
  const groups = new Map<string, Operation[]>();
  for (const operation of history) {
    for (const session of spokenOf(operation)) groups.set(session, [...(groups.get(session) ?? []), operation]);
  }
  for (const session of spokenOf(culprit)) groups.delete(session);
  return [...groups.values()].filter((operations) => operations.every(isAboutOne));
}

function isAboutOne({ call }: Operation): boolean {
  if (call.type === 'login') return !call.endOthers;
  return (
    call.type !== 'endAll' &&
    call.type !== 'endOthers' &&
    call.type !== 'endOne' &&
    call.type !== 'changePassword' &&
    call.type !== 'list'
  );
}

function spokenOf({ call, returned }: Operation): readonly string[] {
  const issued = returned?.answer.type === 'issued' ? [returned.answer.session] : [];
  const shown = 'shown' in call ? [call.shown.session] : [];
  const named = 'session' in call ? [call.session] : [];
  const target = call.type === 'endOne' ? [call.target] : [];
  return [...new Set([...issued, ...shown, ...named, ...target])];
}
