import { CaseServer } from './case-server.mjs';
import { Load } from './load.mjs';
import { measure } from './rounds.mjs';
import { Stores } from './stores.mjs';
import { decimal, table, whole } from './tables.mjs';
import { median } from '../support/two-samples.mjs';

const KINDS = ['cookie', 'token'].flatMap((credential) =>
  ['memory', 'redis', 'sql'].map((store) => ({
    name: `${credential}, ${store}`,
    server: './logins.mjs',
    adapter: 'fastify',
    credential,
    store,
    varies: true,
  })),
);

/** Logins over HTTP on Fastify, throttled as they are unless told otherwise, with passwords that are compared and not hashed. */
export async function measureLogins({ cores, rounds, seconds, warmUp, connections }) {
  const stores = new Stores(cores);
  const load = new Load(cores, connections);
  const servers = [];
  try {
    await stores.open({ redis: true, sql: true });
    for (const kind of KINDS) servers.push(await CaseServer.start(kind, { urls: stores.urls, cores, logins: 0 }));
    const found = servers.map(() => ({ full: [], alone: [] }));
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, server] of servers.entries()) {
        found[at].full.push(await measure(server, { load, stores, seconds, warmUp }));
        found[at].alone.push((await load.run(server.said, { seconds: seconds / 2, connections: 1 })).p50);
      }
    }
    const sent = [];
    for (const server of servers) sent.push(await sentPerLogin(server, { load, stores, seconds: warmUp }));
    const rows = found.map(({ full, alone }, at) => {
      const of = (figure) => median(full.map((round) => round[figure]));
      const sql = KINDS[at].store === 'sql' ? decimal(of('statements'), 2) : '';
      return [KINDS[at].name, whole(of('perSecond')), decimal(of('cpu'), 1), sent[at], sql, decimal(median(alone), 2)];
    });
    return table(
      'Logins less hashing',
      ['', 'logins/s', 'CPU µs', 'commands sent to Redis', 'SQL', 'p50 ms, one at a time'],
      rows,
    );
  } finally {
    await Promise.all([load, ...servers].map((one) => one.close()));
    await stores.close();
  }
}

/** In words. One at a time: together logins can wait for each other, and try again. */
async function sentPerLogin(server, { load, stores, seconds }) {
  let logins;
  const sent = await stores.sentDuring(async () => {
    logins = (await load.run(server.said, { seconds, connections: 1 })).requests;
  });
  const each = [...sent].map(([name, count]) => [name, count / logins]).filter(([, count]) => count >= 0.05);
  return each.length === 0 ? '0' : each.map(([name, count]) => `${decimal(count, 1)} ${name}`).join(', ');
}
