import type { Answer, Operation, Rules } from './operation.js';
import { hasReason, mayHaveProven, type Progress, start, stepsOf, UNNAMED } from './programs.js';
import { type ModelUser, NEW_USER } from './sequential-model.js';
import { isSpent } from './spent-calls.js';

/** A history that no order of atomic steps explains. */
export interface Violation {
  /** The call whose answer cannot be explained. */
  readonly operation: Operation;
  /** All that may have been true just before: in none of it could the call be answered as it was. */
  readonly possible: readonly ModelUser[];
}

/** How much work a check was: says whether a history had any races in it. */
export interface Effort {
  /** The most possibilities that were open at once. */
  readonly widest: number;
  /** Steps tried. */
  readonly steps: number;
}

/** One way in which things may have happened so far: what is true, and where each call under way stands. */
interface Possibility {
  readonly user: ModelUser;
  readonly underWay: ReadonlyMap<number, Progress>;
}

/** Beyond this the checker gives up aloud, rather than to call a history lawful that it did not check. */
const TOO_MANY = 200_000;

/**
 * Checks one user's history: whether every call can be given its steps, each at a moment between call and answer, so that the
 * sequential model answers as the library did. Users are independent of each other, so each history is checked alone.
 *
 * Goes through the history in the order of time and keeps all possibilities (Lowe, "Testing for linearizability", 2017: just in
 * time). A call takes a step only when some answer must be explained. Two short cuts leave no possibility out: acceptance by a guard
 * only ever turns into refusal, so whoever was accepted is let in when the call was made, and whoever was refused is judged when the
 * answer came.
 */
export function checkHistory(history: readonly Operation[], rules: Rules): { violation?: Violation; effort: Effort } {
  const operations = new Map(named(history).map((operation) => [operation.id, operation]));
  let possible: readonly Possibility[] = [{ user: NEW_USER, underWay: new Map() }];
  let widest = 1;
  let steps = 0;

  for (const { operation, isAnswer } of inOrder([...operations.values()])) {
    const next = isAnswer ? answered(possible, operation) : called(possible, operation);
    if (next.length === 0) {
      const before = new Map(possible.map(({ user }) => [nameOf(user), user]));
      return { violation: { operation, possible: [...before.values()] }, effort: { widest, steps } };
    }
    possible = next;
    widest = Math.max(widest, possible.length);
  }
  return { effort: { widest, steps } };

  /** A call begins. Who was let in was good when the call was made: goodness is never gained. */
  function called(before: readonly Possibility[], operation: Operation): readonly Possibility[] {
    const begun = before.flatMap(({ user, underWay }) =>
      tidied(user, new Map(underWay).set(operation.id, start(operation)), false),
    );
    return distinct(wasLetIn(operation) ? begun.flatMap((possibility) => stepped(possibility, operation)) : begun);
  }

  /** An answer came: the call has taken all its steps by now, and whoever else took one before it is found out here. */
  function answered(before: readonly Possibility[], { id }: Operation): readonly Possibility[] {
    const seen = new Set<string>();
    const after: Possibility[] = [];
    const open = [...before];
    for (let possibility = open.pop(); possibility; possibility = open.pop()) {
      const name = nameOfPossibility(possibility);
      if (seen.has(name)) continue;
      seen.add(name);
      if (seen.size > TOO_MANY)
        throw new Error(`More than ${TOO_MANY} possibilities: make the history smaller or less concurrent.`);
      if (!possibility.underWay.has(id)) {
        after.push(possibility);
        continue;
      }
      for (const other of possibility.underWay.keys()) {
        const operation = operations.get(other);
        if (operation && (other === id || !waitsForItsAnswer(operation))) open.push(...stepped(possibility, operation));
      }
    }
    return withoutTheLesser(after);
  }

  /** What may be the case after the next step of a call. */
  function stepped({ user, underWay }: Possibility, operation: Operation): readonly Possibility[] {
    const progress = underWay.get(operation.id);
    if (!progress) return [];
    steps += 1;
    return stepsOf(operation, progress, user, rules).flatMap((step) => {
      const rest = new Map(underWay);
      if ('stage' in step.leadsTo) rest.set(operation.id, step.leadsTo);
      else if (fits(step.leadsTo, operation.returned?.answer)) rest.delete(operation.id);
      else return [];
      const proofs = step.user.password === user.password ? [rest] : withProofs(user, rest);
      return proofs.flatMap((after) => tidied(step.user, after, step.movesFence === true));
    });
  }

  /**
   * Of two possibilities that differ only in that some unanswered calls are still open in one of them, that one can do all that the
   * other can, since such a call may never act: so the other is left out.
   */
  function withoutTheLesser(possibilities: readonly Possibility[]): readonly Possibility[] {
    const groups = new Map<string, { readonly possibility: Possibility; readonly open: ReadonlySet<string> }[]>();
    for (const possibility of possibilities) {
      const { user, underWay } = possibility;
      const isOpen = ([id]: readonly [number, Progress]) => operations.get(id)?.returned === undefined;
      const open = new Set([...underWay].filter(isOpen).map(nameOfProgress));
      const name = nameOfPossibility({ user, underWay: new Map([...underWay].filter((one) => !isOpen(one))) });
      const group = groups.get(name) ?? [];
      if (group.some((other) => isWithin(open, other.open))) continue;
      groups.set(name, [...group.filter((other) => !isWithin(other.open, open)), { possibility, open }]);
    }
    return [...groups.values()].flat().map(({ possibility }) => possibility);
  }

  /** Before a password is changed, each call that brings it may just have been found right, or not. */
  function withProofs(user: ModelUser, underWay: ReadonlyMap<number, Progress>): readonly ReadonlyMap<number, Progress>[] {
    let ways = [underWay];
    for (const [id, progress] of underWay) {
      const operation = operations.get(id);
      if (!operation || !mayHaveProven(operation, progress, user)) continue;
      ways = ways.flatMap((way) => [way, new Map(way).set(id, { ...progress, stage: 'proven' })]);
    }
    return ways;
  }

  /** Lets calls under way see what has become true. None: a call can no longer be answered as it was. */
  function tidied(user: ModelUser, underWay: ReadonlyMap<number, Progress>, fenceMoved: boolean): readonly Possibility[] {
    const after = new Map<number, Progress>();
    for (const [id, before] of underWay) {
      const operation = operations.get(id);
      if (!operation) continue;
      const isFenced = fenceMoved && before.stage === 'proven';
      if (isFenced && operation.returned) return [];
      if (isFenced || (!operation.returned && isSpent(operation, before, user, rules))) continue;
      const progress = fenceMoved && before.stage === 'watch' ? { ...before, moves: before.moves + 1 } : before;
      if (progress.stage !== 'watch' || !hasReason(operation, progress, user)) after.set(id, progress);
    }
    return [{ user, underWay: after }];
  }
}

function wasLetIn({ call, returned }: Operation): boolean {
  return 'shown' in call && call.type !== 'logout' && returned !== undefined && returned.answer.type !== 'refused';
}

/** Refused by the guard: judged at the last moment, since goodness is only ever lost. */
function waitsForItsAnswer({ call, returned }: Operation): boolean {
  if (returned?.answer.type !== 'refused' || !('shown' in call)) return false;
  return call.type !== 'reauthenticate' && call.type !== 'changePassword';
}

function fits(foreseen: Answer, given: Answer | undefined): boolean {
  return given === undefined || textOf(foreseen) === textOf(given);
}

function textOf(answer: Answer): string {
  switch (answer.type) {
    case 'issued':
      return `issued ${answer.session} ${answer.generation}`;
    case 'ended':
      return `ended ${answer.count}`;
    case 'listed':
      return `listed ${answer.sessions
        .map((id) => (id.startsWith(UNNAMED) ? UNNAMED : id))
        .sort()
        .join(' ')}`;
    case 'done':
    case 'refused':
    case 'notFound':
    case 'limitReached':
    case 'unexpected':
      return answer.type;
  }
}

/** Lists may name sessions whose login was never answered: nobody can tell which of those they are. */
function named(history: readonly Operation[]): readonly Operation[] {
  const known = new Set<string>();
  for (const { call, returned } of history) {
    if (call.type === 'login' && returned?.answer.type === 'issued') known.add(returned.answer.session);
  }
  return history.map((operation) => {
    const { returned } = operation;
    if (returned?.answer.type !== 'listed') return operation;
    const sessions = returned.answer.sessions.map((id) => (known.has(id) ? id : UNNAMED));
    return { ...operation, returned: { ...returned, answer: { type: 'listed', sessions } } };
  });
}

/** Calls and answers in the order of time. Of two at the same moment the call comes first: they may have overlapped. */
function inOrder(operations: readonly Operation[]): readonly { operation: Operation; isAnswer: boolean }[] {
  const events = operations.flatMap((operation) => [
    { operation, isAnswer: false, at: operation.calledAt },
    ...(operation.returned ? [{ operation, isAnswer: true, at: operation.returned.at }] : []),
  ]);
  return events.sort((a, b) => a.at - b.at || Number(a.isAnswer) - Number(b.isAnswer));
}

function distinct(possibilities: readonly Possibility[]): readonly Possibility[] {
  return [...new Map(possibilities.map((possibility) => [nameOfPossibility(possibility), possibility])).values()];
}

function nameOfPossibility({ user, underWay }: Possibility): string {
  const calls = [...underWay].sort(([a], [b]) => a - b);
  return `${nameOf(user)}|${calls.map(nameOfProgress).join()}`;
}

function nameOfProgress([id, { stage, moves }]: readonly [number, Progress]): string {
  return `${id}${stage}${moves}`;
}

function nameOf({ password, sessions }: ModelUser): string {
  const names = [...sessions].map(
    ([id, { generation, minGeneration, used }]) => `${id}:${generation}:${minGeneration}:${used ? 1 : 0}`,
  );
  return `${password};${names.sort().join()}`;
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return some.size <= all.size && [...some].every((one) => all.has(one));
}
