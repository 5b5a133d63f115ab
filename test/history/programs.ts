import type { Answer, Call, Operation, Rules, Shown } from './operation.js';
import {
  accepts,
  countOf,
  ended,
  endedAll,
  endedChannel,
  judgeRefresh,
  type ModelUser,
  noted,
  opened,
  renewed,
  rotated,
} from './sequential-model.js';

/**
 * Where a call stands. Most calls are one atomic step after the guard has let them in. What the design makes of several steps (design
 * §8: a login, a change of password) has stages, between which others may come:
 * `prove`   the password is to be checked; `proven`: it was right just before another call changed it, and the fence was read
 * `watch`   will be refused, and waits for a reason
 * `verify`, `moveFence`, `prepare`, `commit`, `act`, `endAgain`   the steps of a change of password
 */
type Stage = 'guard' | 'use' | 'prove' | 'proven' | 'watch' | 'verify' | 'moveFence' | 'prepare' | 'commit' | 'act' | 'endAgain';

export interface Progress {
  readonly stage: Stage;
  /** How often the fence moved while it was watched. */
  readonly moves: number;
}

/** One atomic step: what is true afterwards, and how the call goes on or what it answers. */
export interface Step {
  readonly user: ModelUser;
  readonly movesFence?: true;
  readonly leadsTo: Progress | Answer;
}

/** Begins the names of sessions whose logins nobody heard the answer of. */
export const UNNAMED = '?';

const DONE: Answer = { type: 'done' };
const REFUSED: Answer = { type: 'refused' };

/** How a call begins. */
export function start(operation: Operation): Progress {
  const { call } = operation;
  if (call.type === 'login') return at(isRefused(operation) ? 'watch' : 'prove');
  return at(call.type === 'refresh' ? 'act' : 'guard');
}

/** The steps that a call may take next: none while it can only wait, several where the library itself may go either way. */
export function stepsOf(operation: Operation, progress: Progress, user: ModelUser, rules: Rules): readonly Step[] {
  const { call } = operation;
  const { stage } = progress;
  if (stage === 'watch') return [];
  if (stage === 'guard') return [call.type === 'revokeToken' ? recognised(call, user, rules) : pass(operation, user, rules)];
  if (stage === 'use') return [used(operation, user)];
  if (call.type === 'changePassword') return changePassword(operation, call, stage, user);
  if (call.type === 'login' || call.type === 'reauthenticate') {
    return stage === 'proven' || user.password === call.password ? [proven(operation, call, user, rules)] : [];
  }
  if (call.type === 'check' || call.type === 'tokenOfCookie')
    throw new Error(`${call.type} has nothing left to do behind the guard.`);
  return [act(call, user, rules)];
}

/**
 * Whether a refused login or re-authentication has its reason by now. Any wrong moment will do: the password was another one, the
 * session was not good any more, or the fence moved twice (a call that was fenced once starts again, design §11).
 */
export function hasReason({ call }: Operation, { moves }: Progress, user: ModelUser): boolean {
  if (call.type === 'reauthenticate' && !accepts(user, call.shown.session, call.shown.generation)) return true;
  return moves >= 2 || ((call.type === 'login' || call.type === 'reauthenticate') && user.password !== call.password);
}

/**
 * Calls whose password was right until now, when it is changed. The check of a password comes right before what it allows, or, where
 * the password changes in between, right before that: earlier only means more fences to fall behind.
 */
export function mayHaveProven({ call }: Operation, { stage }: Progress, user: ModelUser): boolean {
  return stage === 'prove' && (call.type === 'login' || call.type === 'reauthenticate') && user.password === call.password;
}

function isRefused({ returned }: Operation): boolean {
  return returned?.answer.type === 'refused';
}

function isIssued({ returned }: Operation): boolean {
  return returned?.answer.type === 'issued';
}

type Guarded = Extract<Call, { shown: Shown }>;

/** The guard: who is refused changes nothing; who uses the successor of a refresh token first says so before going on. */
function pass(operation: Operation, user: ModelUser, rules: Rules): Step {
  const { call } = operation;
  if (!isGuarded(call)) throw new Error(`No guard stands before ${call.type}.`);
  const { kind, channel, session: id, generation } = call.shown;
  if (!accepts(user, id, generation)) return { user, leadsTo: call.type === 'logout' ? DONE : REFUSED };
  const session = user.sessions.get(id);
  const isReported = rules.predecessorDies === 'at-once' && kind === 'access' && channel === 'api' && call.type !== 'logout';
  const isFirstUse = isReported && session?.generation === generation && !session.used;
  return { user, leadsTo: isFirstUse ? at('use') : inside(operation, call) };
}

function used(operation: Operation, user: ModelUser): Step {
  const { call } = operation;
  if (!isGuarded(call)) throw new Error(`${call.type} uses no access token.`);
  return { user: noted(user, call.shown.session, call.shown.generation), leadsTo: inside(operation, call) };
}

function inside(operation: Operation, call: Guarded): Progress | Answer {
  switch (call.type) {
    case 'check':
      return DONE;
    case 'tokenOfCookie':
      return { type: 'issued', session: call.shown.session, generation: call.shown.generation };
    case 'changePassword':
      return at('verify');
    case 'reauthenticate':
      return at(isRefused(operation) ? 'watch' : 'prove');
    case 'logout':
    case 'endOne':
    case 'endOthers':
    case 'endAll':
    case 'list':
      return at('act');
  }
}

function isGuarded(call: Call): call is Guarded {
  return 'shown' in call;
}

/** RFC 7009: only a refresh token that would be accepted now ends its session, a moment later and whatever became of it by then. */
function recognised(call: Extract<Call, { type: 'revokeToken' }>, user: ModelUser, rules: Rules): Step {
  const verdict = judgeRefresh(user, call.session, call.generation, rules.predecessorDies);
  return { user, leadsTo: verdict === 'rotates' || verdict === 'replays' ? at('act') : DONE };
}

/** Login and re-authentication with the right password and a fence that has not moved since it was read (P2). */
function proven(
  operation: Operation,
  call: Extract<Call, { type: 'login' | 'reauthenticate' }>,
  user: ModelUser,
  rules: Rules,
): Step {
  if (call.type === 'reauthenticate') {
    const isGood = accepts(user, call.shown.session, call.shown.generation);
    return isGood ? renewal(user, call.shown.session) : { user, leadsTo: REFUSED };
  }
  const { channel, endOthers } = call;
  if (!endOthers && countOf(user, channel) >= rules.limit) return { user, leadsTo: { type: 'limitReached' } };
  const session = nameOfNew(operation);
  return {
    user: opened(endOthers ? endedChannel(user, channel) : user, session, channel),
    leadsTo: { type: 'issued', session, generation: 0 },
  };
}

/** What the session is called that a login opens: a name of its own where nobody learned the real one. */
function nameOfNew({ id, returned }: Operation): string {
  return returned?.answer.type === 'issued' ? returned.answer.session : `${UNNAMED}${id}`;
}

function changePassword(
  operation: Operation,
  { shown, current, next }: Extract<Call, { type: 'changePassword' }>,
  stage: Stage,
  user: ModelUser,
): readonly Step[] {
  if (stage === 'verify') {
    if (user.password !== current) return [{ user, leadsTo: REFUSED }];
    // One that succeeded had the right password and a good session all the time: the first three steps are one then.
    return [isIssued(operation) ? { user, movesFence: true, leadsTo: at('commit') } : { user, leadsTo: at('moveFence') }];
  }
  if (stage === 'moveFence') return [{ user, movesFence: true, leadsTo: at('prepare') }];
  if (stage === 'prepare') return [{ user, leadsTo: accepts(user, shown.session, shown.generation) ? at('commit') : REFUSED }];
  if (stage === 'commit') {
    return [user.password === current ? { user: { ...user, password: next }, leadsTo: at('act') } : { user, leadsTo: REFUSED }];
  }
  if (stage === 'endAgain') return [{ user: endedAll(user), movesFence: true, leadsTo: REFUSED }];
  if (accepts(user, shown.session, shown.generation)) {
    return [{ ...renewal(endedAll(user, shown.session), shown.session), movesFence: true }];
  }
  // The session ended meanwhile: all others die, in a second step once more where the first still hoped to spare it.
  const none = endedAll(user);
  return [
    { user: none, movesFence: true, leadsTo: REFUSED },
    { user: none, movesFence: true, leadsTo: at('endAgain') },
  ];
}

function renewal(before: ModelUser, session: string): Step {
  const user = renewed(before, session);
  return { user, leadsTo: { type: 'issued', session, generation: user.sessions.get(session)?.generation ?? 0 } };
}

function act(
  call: Exclude<Call, { type: 'login' | 'reauthenticate' | 'changePassword' | 'check' | 'tokenOfCookie' }>,
  user: ModelUser,
  rules: Rules,
): Step {
  switch (call.type) {
    case 'list':
      return { user, leadsTo: { type: 'listed', sessions: [...user.sessions.keys()] } };
    case 'refresh':
      return refresh(call.session, call.generation, user, rules);
    case 'revokeToken':
      return { user: ended(user, call.session), leadsTo: DONE };
    case 'logout':
      return { user: ended(user, call.shown.session), leadsTo: DONE };
    case 'endOne':
      return { user: ended(user, call.target), leadsTo: user.sessions.has(call.target) ? DONE : { type: 'notFound' } };
    case 'endOthers': {
      const others = [...user.sessions.keys()].filter((id) => id !== call.shown.session).length;
      return { user: endedAll(user, call.shown.session), movesFence: true, leadsTo: { type: 'ended', count: others } };
    }
    case 'endAll':
      return { user: endedAll(user), movesFence: true, leadsTo: { type: 'ended', count: user.sessions.size } };
  }
}

function refresh(session: string, presented: number, user: ModelUser, rules: Rules): Step {
  switch (judgeRefresh(user, session, presented, rules.predecessorDies)) {
    case 'rotates':
      return { user: rotated(user, session), leadsTo: { type: 'issued', session, generation: presented + 1 } };
    case 'replays':
      return { user, leadsTo: { type: 'issued', session, generation: presented + 1 } };
    case 'kills':
      return { user: ended(user, session), leadsTo: REFUSED };
    case 'nothing':
      return { user, leadsTo: REFUSED };
  }
}

function at(stage: Stage): Progress {
  return { stage, moves: 0 };
}
