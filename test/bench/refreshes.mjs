import { newUserId, openApplication } from '../growth/application.mjs';
import { cpuTime } from '../growth/cpu-time.mjs';
import { measureRefreshes } from '../growth/refreshes.mjs';
import { median } from '../support/two-samples.mjs';
import { onEachEngine } from './engines.mjs';
import { decimal, table, whole } from './tables.mjs';

/** Clients that refresh at the same time, as over HTTP. */
const CLIENTS = 16;

/** Refreshes: a rotation in the store and a newly signed access token each, over HTTP on Fastify and without it. */
export async function measureEveryRefresh({ isQuick, rounds }) {
  const size = isQuick ? { rounds: 1, refreshes: 160 } : { rounds, refreshes: 4_000 };
  const rows = await onEachEngine(async (engine) => [
    rowOf(`${engine.name}, core alone`, await refreshesOfCore(engine, size)),
    rowOf(`${engine.name}, over HTTP`, await measureRefreshes(engine, size)),
  ]);
  const heads = ['', 'refreshes/s of one CPU', 'CPU µs of the application', 'CPU µs of the store', 'refreshes/s by the clock'];
  return table('Refreshes', heads, rows.flat());
}

function rowOf(name, { application, store, perSecond }) {
  return [name, whole(1_000_000 / application), decimal(application, 1), store > 0 ? decimal(store, 1) : '', whole(perSecond)];
}

/** The same figures as those of measureRefreshes, for calls of the token service. */
async function refreshesOfCore(engine, { rounds, refreshes }) {
  const place = await engine.open();
  const application = await openApplication(place.store);
  const chains = await Promise.all(Array.from({ length: CLIENTS }, () => chainOf(application)));
  const each = Math.ceil(refreshes / CLIENTS);
  const run = () => Promise.all(chains.map((chain) => chain(each)));
  await run(); // to warm up
  const found = { application: [], store: [], perSecond: [] };
  for (let round = 0; round < rounds; round += 1) {
    const [own, server, begun] = [process.cpuUsage(), cpuTime(place.processes()), performance.now()];
    await run();
    const [{ user, system }, count] = [process.cpuUsage(own), each * CLIENTS];
    found.application.push((user + system) / count);
    found.store.push((cpuTime(place.processes()) - server) / 1_000 / count);
    found.perSecond.push((count * 1_000) / (performance.now() - begun));
  }
  await application.close();
  await place.close();
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, median(values)]));
}

/** A session, as a function that refreshes it so many times. */
async function chainOf({ login, tokens }) {
  const { client, credentials } = await login(newUserId(), 'api');
  let { refreshToken } = credentials;
  return async (length) => {
    for (let at = 0; at < length; at += 1) {
      ({ refreshToken } = await tokens.refresh({ refreshToken, context: client }));
    }
  };
}
