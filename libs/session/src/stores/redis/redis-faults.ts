import { type RedisClient, type RedisServer, serversOf } from './redis-client.js';

/** What makes this Redis, or the way to it, unfit to hold sessions, each with its cure (design §13). */
export async function redisFaults(client: RedisClient): Promise<readonly string[]> {
  const servers = await serversOf(client);
  const failsOver = 'masters' in client || client.getSentinelNode !== undefined;
  const perServer = await Promise.all(servers.map((server) => serverFaults(server, failsOver)));
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

/** INFO tells the same as CONFIG GET and ROLE, and is also allowed where a provider forbids those. */
async function serverFaults(server: RedisServer, failsOver: boolean): Promise<readonly string[]> {
  const info = String(await server.info());
  const faults: string[] = [];
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
  if (failsOver && replicas > 0 && !/^min_slaves_good_slaves:/m.test(info)) {
    faults.push(
      'Redis goes on answering when it has lost its replicas and another was promoted, with sessions that were revoked there: set min-replicas-to-write to 1 and min-replicas-max-lag to a few seconds.',
    );
  }
  return faults;
}
