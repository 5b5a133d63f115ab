import { checkHistory } from './check-history.js';
import { inWords } from './in-words.js';
import type { Operation, Rules } from './operation.js';
import { shorterHistory } from './shorter-history.js';

/** What a round was like: shows whether there was anything to find in it. */
export interface Verdict {
  /** What cannot be explained, for a person to read. */
  readonly violation: string | undefined;
  readonly calls: number;
  /** Calls whose answer never came. */
  readonly unanswered: number;
  /** Answers that came while another call of the same user was under way. */
  readonly overlapping: number;
  /** The most ways in which one user's history may have happened so far. */
  readonly widest: number;
}

/** Judges each user's history, until one is not lawful. */
export function judge(histories: readonly (readonly Operation[])[], rules: Rules): Verdict {
  let widest = 0;
  let violation: string | undefined;
  for (const history of histories) {
    const checked = checkHistory(history, rules);
    widest = Math.max(widest, checked.effort.widest);
    if (!checked.violation) continue;
    const short = shorterHistory(history, checked.violation.operation, rules);
    violation = inWords(checkHistory(short, rules).violation ?? checked.violation, short);
    break;
  }
  const all = histories.flat();
  const unanswered = all.filter(({ returned }) => !returned).length;
  return {
    violation,
    calls: all.length,
    unanswered,
    overlapping: histories.reduce((sum, one) => sum + overlaps(one), 0),
    widest,
  };
}

function overlaps(history: readonly Operation[]): number {
  return history.filter((one) =>
    history.some(
      (other) => other !== one && other.calledAt < (one.returned?.at ?? 0) && (other.returned?.at ?? Infinity) > one.calledAt,
    ),
  ).length;
}
