// How fast requests are, beside what people use today: `npm run bench`. `-- --cases cookie-strict-redis,express-session --rounds 5
// --seconds 3 --adapters fastify --connections 200` measures only that, `--parts start-up,bytes` only those parts, and `--quick` only shows that it
// runs. `--profile folder` has each server write a CPU profile there, which slows it down. What it prints goes into
// docs/performance.md; it wants a machine that does nothing else.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBytes } from './bytes.mjs';
import { measureCopies } from './copies.mjs';
import { Cores } from './cores.mjs';
import { measureGuard } from './guard.mjs';
import { CONNECTIONS } from './load.mjs';
import { measureLatencies } from './latencies.mjs';
import { measureLogins } from './logins.mjs';
import { measureEveryRefresh } from './refreshes.mjs';
import { measureRequests } from './requests.mjs';
import { measureRevocations } from './revocations.mjs';
import { measureStartUp } from './start-up.mjs';

const PARTS = {
  requests: measureRequests,
  latencies: measureLatencies,
  guard: measureGuard,
  refreshes: measureEveryRefresh,
  logins: measureLogins,
  revocations: measureRevocations,
  'start-up': measureStartUp,
  copies: measureCopies,
  bytes: measureBytes,
};

/** What measures servers in processes of their own, for so many seconds at a time. */
const BY_PROCESS = ['requests', 'latencies', 'logins'];
/** Whose processes are pinned all the same. */
const PINNED = [...BY_PROCESS, 'guard'];

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '' },
    adapters: { type: 'string', default: 'fastify,express' },
    parts: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: String(CONNECTIONS) },
    profile: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const names = listed(values.cases);
const parts = listed(values.parts ?? (names.length > 0 ? 'requests' : Object.keys(PARTS).join()));
const unknown = parts.filter((part) => !(part in PARTS));
if (unknown.length > 0) throw new Error(`--parts takes some of: ${Object.keys(PARTS).join(', ')}.`);

const cores = new Cores();
const plan = {
  cores,
  names,
  adapters: listed(values.adapters),
  isQuick: values.quick,
  profile: values.profile,
  connections: positive('connections', values.connections),
  rounds: positive('rounds', values.rounds ?? (values.quick ? '1' : '7')),
  seconds: positive('seconds', values.seconds ?? (values.quick ? '0.2' : '3')),
  warmUp: values.quick ? 0.1 : 1,
};

for (const part of parts) {
  const before = loadavg()[0];
  process.stdout.write(`${await PARTS[part](plan)}\n\n${conditions(part, before)}\n\n`);
}

/** What the figures depend on. */
function conditions(part, loadBefore) {
  const load = [loadBefore, loadavg()[0]].map((one) => one.toFixed(1)).join(' to ');
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'a CPU'}`;
  const words = [`Measured on ${machine}, Node ${process.versions.node}; load average of the machine ${load}.`];
  words.push(PINNED.includes(part) ? cores.inWords : 'Nothing is pinned to a CPU.');
  if (BY_PROCESS.includes(part)) words.push(`${plan.rounds} rounds of ${plan.seconds} s, ${plan.connections} connections.`);
  if (plan.isQuick) words.push('A quick run: its figures are worth nothing.');
  return words.join(' ');
}

function listed(text) {
  return text.split(',').filter(Boolean);
}

function positive(name, text) {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} takes a number above 0.`);
  return number;
}
