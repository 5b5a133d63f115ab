import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import teardown from './global-teardown.mjs';
import { MariadbServer } from './mariadb-server.mjs';
import { PostgresServer } from './postgres-server.mjs';
import { RedisServer } from './redis-server.mjs';
import { given, isThere } from './services.mjs';

const SERVERS = { REDIS_URL: RedisServer, DATABASE_URL: PostgresServer, MARIADB_URL: MariadbServer };

/** Tests use the servers that are given by these variables, otherwise private ones of their own. Never a mock. */
export default async function setup() {
  await keepTogether();
  const wanted = Object.entries(SERVERS).filter(([variable]) => isThere[variable] && !given(variable));
  const started = await Promise.allSettled(wanted.map(([, Server]) => Server.start()));
  globalThis.privateServers = started.flatMap(({ value }) => value ?? []);
  for (const [i, { reason }] of started.entries()) {
    if (!reason) continue;
    await teardown();
    throw new Error(`A private server for ${wanted[i][0]} did not start.`, { cause: reason });
  }
  for (const [i, { value }] of started.entries()) process.env[wanted[i][0]] = value.url;
}

/** Whatever the tests leave behind lies in one folder, which goes with them. As open as the system's own: database servers run as somebody else. */
async function keepTogether() {
  const folder = await mkdtemp(join(tmpdir(), 'nhs-tests-'));
  await chmod(folder, 0o1777);
  globalThis.testFolder = folder;
  process.env.TMPDIR = folder;
}
