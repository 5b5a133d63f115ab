import { sessionEntities, TypeOrmCounters, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';

/** Sessions in PostgreSQL. */
export async function openIn({ databaseUrl }) {
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
  const entities = [...sessionEntities];
  const dataSource = new DataSource({ type: 'postgres', url: databaseUrl, entities, logger, logging: ['query'] });
  await dataSource.initialize();
  return {
    store: new TypeOrmSessionStore(dataSource),
    counters: new TypeOrmCounters(dataSource),
    statements: () => count,
  };
}
