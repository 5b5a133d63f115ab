import { createClient } from 'redis';

/** A connected client, the same for every case. */
export async function connectRedis(url) {
  const client = createClient({ url, disableOfflineQueue: true });
  client.on('error', (error) => process.stderr.write(`${error.message}\n`));
  return client.connect();
}
