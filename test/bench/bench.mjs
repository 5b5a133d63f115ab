// How fast requests are, beside what people use today: `npm run bench`. `-- --cases cookie-strict-redis,express-session --rounds 5
// --seconds 3 --adapters fastify` measures only that, `--parts start-up,bytes` only those parts, and `--quick` only shows that it
// runs. What it prints goes into docs/performance.md. It wants a machine that does nothing else.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBytes } from './bytes.mjs';
import { measureCopies } from './copies.mjs';
import { Cores } from './cores.mjs';
import { measureLogins } from './logins.mjs';
import { measureEveryRefresh } from './refreshes.mjs';
import { measureRequests } from './requests.mjs';
import { measureRevocations } from './revocations.mjs';
import { measureStartUp } from './start-up.mjs';

const PARTS = {
  requests: measureRequests,
  refreshes: measureEveryRefresh,
  logins: measureLogins,
  revocations: measureRevocations,
  'start-up': measureStartUp,
  copies: measureCopies,
  bytes: measureBytes,
};

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '' },
    adapters: { type: 'string', default: 'fastify,express' },
    parts: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
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
  rounds: positive('rounds', values.rounds ?? (values.quick ? '1' : '7')),
  seconds: positive('seconds', values.seconds ?? (values.quick ? '0.2' : '3')),
  warmUp: values.quick ? 0.1 : 1,
};

for (const part of parts) {
  const before = loadavg()[0];
  process.stdout.write(`${await PARTS[part](plan)}\n\n${conditions(before)}\n\n`);
}

/** What the figures depend on. */
function conditions(loadBefore) {
  const load = [loadBefore, loadavg()[0]].map((one) => one.toFixed(1)).join(' to ');
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'a CPU'}`;
  const scope = plan.isQuick ? 'A quick run: its figures are worth nothing.' : `${plan.rounds} rounds of ${plan.seconds} s.`;
  return `Measured on ${machine}, Node ${process.versions.node}; load average of the machine ${load}. ${cores.inWords} ${scope}`;
}

function listed(text) {
  return text.split(',').filter(Boolean);
}

function positive(name, text) {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} takes a number above 0.`);
  return number;
}
