import { CaseServer } from './case-server.mjs';
import { chosenCases } from './cases.mjs';
import { Load } from './load.mjs';
import { installPeers } from './peers.mjs';
import { runRounds } from './rounds.mjs';
import { Stores } from './stores.mjs';
import { requestTables } from './tables.mjs';

const NOTES = [
  '`of bare`: requests per second, as a ratio to those of the bare route on the same adapter in the same round; the median of the rounds. `by CPU`: the same by the CPU time of the server’s process, which others on the machine disturb less. `CPU µs`: that time per request.',
  '`Redis commands`: per request, as Redis counts them, those that scripts run included. `SQL`: statements per request, as TypeORM tells its logger. Latencies are those at full load of all connections, each with a session of its own and one credential all the time: what a case remembers of it helps it. Below one command per request, look-ups of several requests have travelled together.',
  '†: the server was not busy for 90 % of a CPU: it waited for its store, for the load generator, or for others on the machine.',
];

/** One authenticated GET in every case. */
export async function measureRequests({ cores, names, adapters, rounds, seconds, warmUp, profile, connections }) {
  const { cases, notes } = available(chosenCases(names, adapters));
  const needs = (kind) => cases.some(({ store, name }) => name !== 'bare' && (store ?? 'redis') === kind);
  const stores = new Stores(cores);
  const load = new Load(cores, connections);
  const servers = [];
  try {
    await stores.open({ redis: needs('redis'), sql: needs('sql') });
    for (const one of cases) {
      const started = CaseServer.start(one, { urls: stores.urls, cores, profile, logins: connections });
      const server = await (one.isPeer ? started.catch((error) => void notes.push(leftOut([one], error.message))) : started);
      if (server) servers.push(server);
    }
    const figures = await runRounds(servers, { load, stores, rounds, seconds, warmUp });
    return [requestTables(figures).join('\n'), ...NOTES, ...notes].join('\n\n');
  } finally {
    await Promise.all([load, ...servers].map((one) => one.close()));
    await stores.close();
  }
}

/** Without the peers, where those cannot be installed: that is said, and shown in the result. */
function available(cases) {
  const peers = cases.filter(({ isPeer }) => isPeer);
  if (peers.length === 0 || installPeers()) return { cases, notes: [] };
  const note = leftOut(peers, 'their packages could not be installed');
  return { cases: cases.filter(({ isPeer }) => !isPeer), notes: [note] };
}

function leftOut(peers, reason) {
  const note = `LEFT OUT: ${peers.map(({ name }) => name).join(', ')} (${reason}).`;
  process.stderr.write(`\n${note}\n\n`);
  return note;
}
