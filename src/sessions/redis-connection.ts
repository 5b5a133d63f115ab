import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createClient } from 'redis';

// Milliseconds.
const CONNECT_TIMEOUT = 2_000;
const PING_INTERVAL = 1_000;
const SOCKET_TIMEOUT = 3_000;
const BOOT_PATIENCE = 2_000;
const LONGEST_PAUSE = 500;
// Commands under way at once. More than that and the server is not keeping up: better to say so than to pile up.
const QUEUE_LENGTH = 10_000;

/**
 * The connection to Redis. Never gives up: while the server is away commands fail at once (the application answers 503), and
 * when it is back they work again without a restart. Hence a start waits only briefly for it.
 * @param name what the connection is called in the log
 */
export async function connectRedis(url: string, name = 'Redis') {
  const log = new Logger(name);
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: QUEUE_LENGTH,
    pingInterval: PING_INTERVAL,
    socket: {
      connectTimeout: CONNECT_TIMEOUT,
      socketTimeout: SOCKET_TIMEOUT,
      // The default gives up for good after a socket timeout.
      reconnectStrategy: (attempt) => Math.min(50 * 2 ** attempt, LONGEST_PAUSE),
    },
  });
  let away = false;
  client.on('error', (error: unknown) => {
    if (!away) log.error(`Redis is away: ${error instanceof Error ? error.message : 'unknown error'}`);
    away = true; // once per outage, not once per attempt
  });
  client.on('ready', () => {
    if (away) log.warn('Redis is back.');
    away = false;
  });
  const connected = client.connect().catch(() => undefined); // said by the listener above
  await Promise.race([connected, wait(BOOT_PATIENCE, undefined, { ref: false })]);
  return client;
}
