import { MemorySessionStore } from 'nestjs-hybrid-session';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { sessionEntities, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';

const OPEN = { memory: openMemory, redis: openRedis, sql: openSql };

/** A session store, and how many statements it has sent by now where that is SQL. */
export function openStore({ store, redisUrl, databaseUrl }) {
  return OPEN[store]({ redisUrl, databaseUrl });
}

async function openMemory() {
  return { store: new MemorySessionStore() };
}

async function openRedis({ redisUrl }) {
  return { store: new RedisSessionStore(await connectRedis(redisUrl)) };
}

/** A connected client, the same for every case. */
export async function connectRedis(url) {
  const client = createClient({ url, disableOfflineQueue: true });
  client.on('error', (error) => process.stderr.write(`${error.message}\n`));
  return client.connect();
}

async function openSql({ databaseUrl }) {
  let count = 0;
  const none = () => undefined;
  // TypeORM tells its logger of every statement anyway: counting them there costs an addition
  const logger = {
    logQuery: () => void (count += 1),
    logQueryError: none,
    logQuerySlow: none,
    logSchemaBuild: none,
    logMigration: none,
    log: none,
  };
  const dataSource = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities: [...sessionEntities],
    logger,
    logging: ['query'],
  });
  return { store: new TypeOrmSessionStore(await dataSource.initialize()), statements: () => count };
}
