import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from '../support/two-samples.mjs';
import { newUserId, openApplication } from './application.mjs';
import { cpuTime } from './cpu-time.mjs';

/** Clients that refresh at the same time, each its own session, one refresh after the other. */
const CLIENTS = 16;

/**
 * Refreshes over HTTP as a phone makes them: `POST /oauth/token` on Fastify, with a rotation in the store and a newly signed
 * access token each. The clients are another process. What is told is the CPU time of the application's process and of the
 * server's per refresh, and so how many one core of either can do.
 */
export async function measureRefreshes(engine, { rounds, refreshes }) {
  const place = await engine.open();
  const application = await openApplication(place.store);
  const url = await application.listen();
  const logins = await Promise.all(Array.from({ length: CLIENTS }, () => application.login(newUserId(), 'api')));
  const clients = fork(fileURLToPath(new URL('refreshing-clients.mjs', import.meta.url)));
  const tokens = logins.map(({ credentials }) => credentials.refreshToken);
  await told(clients, { url, tokens, refreshes: Math.ceil(refreshes / 2) }); // to warm up
  const found = { application: [], store: [], perSecond: [] };
  for (let round = 0; round < rounds; round += 1) {
    const [own, server, begun] = [process.cpuUsage(), cpuTime(place.processes()), performance.now()];
    const { refreshed } = await told(clients, { refreshes });
    const { user, system } = process.cpuUsage(own);
    found.application.push((user + system) / refreshed);
    found.store.push((cpuTime(place.processes()) - server) / 1_000 / refreshed);
    found.perSecond.push((refreshed * 1_000) / (performance.now() - begun));
  }
  clients.disconnect();
  await once(clients, 'exit');
  await application.close();
  await place.close();
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, median(values)]));
}

/** Tells the clients what to do; answers what they say when it is done. */
async function told(clients, order) {
  clients.send(order);
  const [answer] = await Promise.race([
    once(clients, 'message'),
    once(clients, 'exit').then(() => Promise.reject(new Error('The clients have ended before they were done.'))),
  ]);
  if (answer.fault) throw new Error(answer.fault);
  return answer;
}
