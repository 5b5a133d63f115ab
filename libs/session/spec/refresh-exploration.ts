import { decideRefresh, type RefreshRule } from '../src/core/refresh/refresh-decision.js';

/**
 * Explores every order in which things can happen between an honest client with two tabs, a network that delays and loses, a
 * store that rolls back once, and a thief; every refresh is decided by the shipped `decideRefresh`. Assumed, as in the design:
 * a message travels less long than the window, and a client does not refresh a new token while an older request is under way.
 */
export interface Circumstances {
  readonly thief: boolean;
  readonly rollBack: boolean;
  /** The client has one tab, and uses nothing new while an older request is still under way. */
  readonly oneAtATime?: boolean;
}

export interface Exploration {
  readonly states: number;
  /** How the honest client came to be refused although no thief ever showed a token; `undefined` when no order leads there. */
  readonly violation: readonly string[] | undefined;
}

/** When the current generation was first used, as far as the decision can tell the difference. */
type Use = 'no' | 'recent' | 'old';

interface Server {
  readonly generation: number;
  readonly use: Use;
  readonly alive: boolean;
}

interface World {
  readonly server: Server;
  readonly backup: Server | 'none' | 'restored';
  /** The newest generation that the honest client holds: of its refresh token, and of its access token. */
  readonly held: number;
  readonly access: number;
  /** Refreshes of the honest client on their way, and answers on their way back. */
  readonly requests: readonly number[];
  readonly answers: readonly number[];
  /** What the thief holds, and whether a token was ever shown by the thief. */
  readonly stolen: readonly number[];
  readonly thiefSeen: boolean;
  readonly refused: boolean;
}

type Step = readonly [label: string, world: World];

const NOW = 1_700_000_000_000;
const ROTATIONS = 3;

/** One presentation of a token, with real numbers: the abstract states stand for the edges of the window. */
export function present(server: Server, presented: number, rule: RefreshRule): readonly [outcome: string, server: Server] {
  if (!server.alive) return ['gone', server];
  const usedAt = { no: 0, recent: NOW - rule.window, old: NOW - rule.window - 1 }[server.use];
  const state = { generation: server.generation, usedAt, minGeneration: 0, replays: 0 };
  const decision = decideRefresh(state, presented, NOW, rule);
  if (!decision.state) return [decision.outcome, { ...server, alive: false }];
  const { generation, usedAt: next } = decision.state;
  return [decision.outcome, { generation, use: next === 0 ? 'no' : NOW - next <= rule.window ? 'recent' : 'old', alive: true }];
}

/** Walks breadth first, so that a violation is found by its shortest path. */
export function explore(circumstances: Circumstances, rule: RefreshRule): Exploration {
  const start: World = {
    server: { generation: 0, use: 'no', alive: true },
    backup: 'none',
    held: 0,
    access: 0,
    requests: [],
    answers: [],
    stolen: [],
    thiefSeen: false,
    refused: false,
  };
  const cameFrom = new Map<string, readonly [before: string, label: string] | undefined>([[JSON.stringify(start), undefined]]);
  const queue: World[] = [start];
  for (const world of queue) {
    const before = JSON.stringify(world);
    for (const [label, next] of stepsFrom(world, circumstances, rule)) {
      const name = JSON.stringify(next);
      if (cameFrom.has(name)) continue;
      cameFrom.set(name, [before, label]);
      if (!next.refused) queue.push(next);
      else if (!next.thiefSeen) return { states: cameFrom.size, violation: pathTo(name, cameFrom) };
    }
  }
  return { states: cameFrom.size, violation: undefined };
}

function stepsFrom(world: World, circumstances: Circumstances, rule: RefreshRule): readonly Step[] {
  const { thief, rollBack, oneAtATime = false } = circumstances;
  const { server } = world;
  return [
    ...(server.generation < ROTATIONS
      ? [...refreshSteps(world, rule, oneAtATime ? 1 : 2), ...(thief ? thiefSteps(world, rule) : [])]
      : []),
    ...answerSteps(world),
    ...timeSteps(world, oneAtATime),
    ...(thief && !world.stolen.includes(world.held)
      ? [step(`thief steals ${world.held}`, world, { stolen: [...world.stolen, world.held].sort(ascending) })]
      : []),
    ...(rollBack ? storeSteps(world) : []),
  ];
}

function refreshSteps(world: World, rule: RefreshRule, tabs: number): readonly Step[] {
  const { held, requests, answers } = world;
  const mayAsk = requests.length < tabs && requests.every((generation) => generation === held);
  const arrivals = requests.map((generation, i): Step => {
    const [outcome, server] = present(world.server, generation, rule);
    const rest = { server, requests: requests.toSpliced(i, 1) };
    const refused = outcome === 'gone' || outcome === 'reused' || outcome === 'superseded';
    if (refused) return step(`server: ${outcome} for ${generation}`, world, { ...rest, refused });
    return step(`server: ${outcome} ${generation} -> ${server.generation}`, world, {
      ...rest,
      answers: answers.length < 2 ? [...answers, server.generation] : answers,
    });
  });
  return [...(mayAsk ? [step(`client sends ${held}`, world, { requests: [...requests, held] })] : []), ...arrivals];
}

function thiefSteps(world: World, rule: RefreshRule): readonly Step[] {
  return world.stolen.map((generation) => {
    const [outcome, server] = present(world.server, generation, rule);
    const gained = outcome === 'gone' || outcome === 'reused' ? [] : [server.generation];
    const stolen = [...new Set([...world.stolen, ...gained])].sort(ascending);
    return step(`thief shows ${generation}: ${outcome}`, world, { server, stolen, thiefSeen: true });
  });
}

function answerSteps(world: World): readonly Step[] {
  return world.answers.flatMap((answer, i): Step[] => {
    const answers = world.answers.toSpliced(i, 1);
    const stored = { answers, held: Math.max(world.held, answer), access: Math.max(world.access, answer) };
    return [step(`answer ${answer} arrives`, world, stored), step(`answer ${answer} is lost`, world, { answers })];
  });
}

function timeSteps(world: World, oneAtATime: boolean): readonly Step[] {
  const { server, access, requests, answers } = world;
  const isQuiet = requests.length === 0 && answers.length === 0;
  const mayUse = server.alive && server.use === 'no' && access === server.generation && (isQuiet || !oneAtATime);
  return [
    ...(mayUse ? [step(`client uses access token ${access}`, world, { server: { ...server, use: 'recent' } })] : []),
    ...(server.use === 'recent' && isQuiet ? [step('the window closes', world, { server: { ...server, use: 'old' } })] : []),
  ];
}

function storeSteps(world: World): readonly Step[] {
  const { backup, server } = world;
  if (backup === 'none') return [step('the store is copied', world, { backup: server })];
  if (backup === 'restored' || !server.alive) return [];
  return [step('the store rolls back', world, { server: backup, backup: 'restored' })];
}

const ascending = (a: number, b: number): number => a - b;

function step(label: string, world: World, change: Partial<World>): Step {
  return [label, { ...world, ...change }];
}

function pathTo(
  end: string,
  cameFrom: ReadonlyMap<string, readonly [before: string, label: string] | undefined>,
): readonly string[] {
  const path: string[] = [];
  for (let link = cameFrom.get(end); link; link = cameFrom.get(link[0])) path.unshift(link[1]);
  return path;
}
