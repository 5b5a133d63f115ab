import { median } from '../support/two-samples.mjs';
import { CaseServer } from './case-server.mjs';
import { BARE, chosenCases } from './cases.mjs';
import { Load } from './load.mjs';
import { Stores } from './stores.mjs';
import { decimal, table, whole } from './tables.mjs';

/** Of what the slowest case can do: a server that is asked for more only shows how long its queue is. */
const LOAD = 0.5;
const ROUND_TRIPS = 1_000;

const CASES = ['redis-guard', 'cookie-strict-redis', 'cookie-within-redis', 'token-strict-redis', 'token-within-redis'];

/** How long an answer takes while there is room: every case is asked equally often, and compared with the bare route of its round. */
export async function measureLatencies({ cores, names, adapters, rounds, seconds, warmUp, connections }) {
  const stores = new Stores(cores);
  const load = new Load(cores, connections);
  try {
    await stores.open({ redis: true, sql: false });
    const tables = [];
    for (const adapter of adapters) {
      const cases = chosenCases(names.length > 0 ? names : CASES, [adapter]);
      tables.push(await onAdapter(cases, { cores, stores, load, rounds, seconds, warmUp }));
    }
    return tables.join('\n');
  } finally {
    await load.close();
    await stores.close();
  }
}

async function onAdapter(cases, { cores, stores, load, rounds, seconds, warmUp }) {
  const servers = [];
  try {
    for (const one of cases) servers.push(await CaseServer.start(one, { urls: stores.urls, cores, logins: load.connections }));
    const perSecond = Math.floor(LOAD * (await slowest(servers, load, warmUp)));
    const [found, trips] = [servers.map(() => []), []];
    for (let round = 0; round < rounds; round += 1) {
      const order = servers.map((_, at) => (at + round) % servers.length);
      for (const at of order) {
        const { said, expected } = servers[at];
        found[at].push(await load.run(said, { expected, seconds, perSecond }));
      }
      trips.push(await roundTrips(stores.admin));
      process.stderr.write(`round ${round + 1} of ${rounds} is done\n`);
    }
    return latencyTable(cases, { found, trips, perSecond, connections: load.connections });
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

async function slowest(servers, load, seconds) {
  let least = Number.POSITIVE_INFINITY;
  for (const { said, expected } of servers) {
    await load.run(said, { expected, seconds }); // until its code is compiled
    const run = await load.run(said, { expected, seconds });
    least = Math.min(least, run.requests / run.seconds);
  }
  return least;
}

/** What one command takes, one after the other, with nothing else under way. */
async function roundTrips(client) {
  const times = [];
  for (let trip = 0; trip < ROUND_TRIPS; trip += 1) {
    const sentAt = performance.now();
    await client.ping();
    times.push(performance.now() - sentAt);
  }
  times.sort((a, b) => a - b);
  return { p50: times[ROUND_TRIPS * 0.5], p99: times[ROUND_TRIPS * 0.99] };
}

function latencyTable(cases, { found, trips, perSecond, connections }) {
  const bare = found[cases.findIndex(({ name }) => name === BARE)];
  const middle = (rounds, figure) => median(rounds.map((round) => round[figure]));
  const rows = cases.map(({ name }, at) => {
    const above = (figure) => found[at].map((round, which) => round[figure] - bare[which][figure]);
    const [least, most] = [Math.min(...above('p99')), Math.max(...above('p99'))];
    return [
      name,
      decimal(middle(found[at], 'p50'), 3),
      decimal(median(above('p50')), 3),
      decimal(middle(found[at], 'p99'), 3),
      decimal(median(above('p99')), 3),
      `${decimal(least, 3)} to ${decimal(most, 3)}`,
    ];
  });
  rows.push(['one round trip to Redis, idle', decimal(middle(trips, 'p50'), 3), '', decimal(middle(trips, 'p99'), 3), '', '']);
  const title = `Latencies on ${cases[0].adapter}, at ${whole(perSecond)} requests per second over ${whole(connections)} connections, in ms`;
  return table(title, ['', 'p50', 'above bare', 'p99', 'above bare', 'of the rounds'], rows);
}
