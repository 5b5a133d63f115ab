import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'redis';

/** Connects to one server to steer it. Patient: how busy the machine is, is no matter of the test. */
export async function redisAdmin({ url }: { readonly url: string }) {
  const client = createClient({ url, socket: { connectTimeout: 30_000 } });
  client.on('error', () => undefined);
  return client.connect();
}

/**
 * Waits until a server follows a primary and has all that the primary has. A connection for each question: a sentinel that makes a
 * server a replica ends its connections.
 */
export async function untilReplica(server: { readonly url: string }): Promise<void> {
  for (;;) {
    const admin = await redisAdmin(server);
    const replication = await admin.info('replication').catch(() => '');
    admin.destroy();
    if (replication.includes('master_link_status:up')) return;
    await wait(20);
  }
}
