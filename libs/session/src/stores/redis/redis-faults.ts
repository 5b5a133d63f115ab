import { failsOver, type RedisClient, type RedisServer, serversOf } from './redis-client.js';
import { redisScript } from './script.js';

/** What an operator should know of sessions that are in Redis alone (design P8). */
export const NO_JOURNAL =
  'Redis has no journal here: restored from an older copy, or failing over to a replica that lags, it brings back sessions that were ended since, and rights that were taken. Where users are kept in SQL, JournaledRedisSessionStore prevents it.';

/** Writes nothing, but is refused wherever a write would be: on a full server, or one that cannot save or has lost its replicas. */
const WRITE_PROBE = redisScript('', 'return 1');

const WRITE_CURES: ReadonlyMap<string, string> = new Map([
  ['OOM', 'it is full. Raise its maxmemory, or remove what else is kept there.'],
  ['MISCONF', 'it cannot save to its disk. Its log says why.'],
  ['NOREPLICAS', 'it has lost its replicas. Bring back as many as its min-replicas-to-write says.'],
]);

/**
 * What makes this Redis, or the way to it, unfit to hold sessions, each with its cure (design §13). In a cluster every primary is asked.
 * @param mayFailOver what the host says of a standalone client: whether another server may come to answer at its address
 */
export async function redisFaults(client: RedisClient, mayFailOver: boolean | undefined): Promise<readonly string[]> {
  const servers = await serversOf(client);
  const perServer = await Promise.all(servers.map((server) => serverFaults(server, failsOver(client) || mayFailOver)));
  return [...clientFaults(client), ...new Set(perServer.flat())];
}

function clientFaults(client: RedisClient): readonly string[] {
  const faults: string[] = [];
  if (client.clientSideCache) {
    faults.push(
      'The Redis client has a clientSideCache, which answers with sessions that were revoked: give this store a client without.',
    );
  }
  if (client._options?.useReplicas) {
    faults.push(
      'The Redis client reads from replicas (useReplicas), which know of a revocation too late: give this store a client without.',
    );
  }
  if (client.options?.keyPrefix || client._options?.keyPrefix) {
    faults.push(
      "The Redis client has a keyPrefix, which does not reach the keys made in scripts: use this store's prefix option instead.",
    );
  }
  return faults;
}

/** Why the server takes no writes, as it says itself. That a replica takes none is told by its role. */
async function writeFaults(server: RedisServer): Promise<readonly string[]> {
  try {
    await server.eval(WRITE_PROBE.source, { keys: [], arguments: [] });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(' ', 1)[0] : undefined;
    const cure = WRITE_CURES.get(reason ?? '');
    if (cure !== undefined) return [`Redis takes no writes (${reason}), so that nobody can log in: ${cure}`];
    if (reason !== 'READONLY') throw error;
  }
  return [];
}

/** INFO tells the same as CONFIG GET and ROLE, and is also allowed where a provider forbids those. */
async function serverFaults(server: RedisServer, mayFailOver: boolean | undefined): Promise<readonly string[]> {
  const info = String(await server.info());
  const faults = [...(await writeFaults(server))];
  if (Number(/^redis_version:(\d+)/m.exec(info)?.[1] ?? 0) < 7) {
    faults.push('Redis is older than 7.0: its scripts have no flags, so on a full server a revocation would fail.');
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== 'noeviction') {
    faults.push(`Redis may evict sessions and fences (maxmemory-policy ${policy ?? 'unknown'}): set it to noeviction.`);
  }
  const role = /^role:(\S+)/m.exec(info)?.[1];
  if (role !== 'master') {
    faults.push(
      `Redis is not the primary here (role ${role ?? 'unknown'}): connect this store to the primary, and do not read from replicas.`,
    );
  }
  const replicas = Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0);
  if (replicas > 0 && mayFailOver === undefined) {
    faults.push(
      'Redis has replicas, and one of them may be made the primary: set the option failsOver of this store to true, or to false where that never happens while it runs.',
    );
  }
  if (replicas > 0 && mayFailOver && !/^min_slaves_good_slaves:/m.test(info)) {
    faults.push(
      'Redis goes on answering when it has lost its replicas and another was promoted, with sessions that were revoked there: set min-replicas-to-write to 1 and min-replicas-max-lag to a few seconds.',
    );
  }
  return faults;
}
