import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { TypeOrmSessionStore } from '../src/stores/typeorm/typeorm-session.store.js';
import { storeContract } from '../src/testing/store-contract.js';
import type { SqlEngineUnderTest } from './sql-databases.js';

/** The contract starts 600 logins of one user at once, and they take turns at the fence: how fast is the machine's affair. */
const deadline = 60_000;
const EAR = 'ear of the contract';

/** Proves `TypeOrmSessionStore` on one engine, by two instances with a data source each. */
export function sqlStoreContract({ name, open }: SqlEngineUnderTest, rounds: number): void {
  const shared = name === 'postgres';
  const makeStore = async () => {
    const { dataSource, another, close } = await open();
    const store = new TypeOrmSessionStore(dataSource, { deadline });
    const ear = shared ? { listenOn: await another({ applicationName: EAR, poolSize: 1 }) } : {};
    const peer = new TypeOrmSessionStore(await another(), { deadline, ...ear });
    const breakFeed = async () => {
      const ears = `SELECT pid FROM pg_stat_activity WHERE application_name = '${EAR}' AND query LIKE 'LISTEN%'`;
      await dataSource.query(`SELECT pg_terminate_backend(pid) FROM (${ears}) ears`);
    };
    return { store, peer, breakFeed, close };
  };
  storeContract({ describe, it, beforeAll, afterAll }, makeStore, { rounds, feed: shared ? 'shared' : 'process' });
}
