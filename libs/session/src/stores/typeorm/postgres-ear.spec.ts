import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { POSTGRES, type SqlDatabase } from '../../../spec/sql-databases.js';
import { PostgresEar } from './postgres-ear.js';

describe('a connection that listens', () => {
  let database: SqlDatabase;
  beforeAll(async () => {
    database = await POSTGRES.open();
  });
  afterAll(() => database.close());

  it('is handed to nobody when it is closed', async () => {
    const only = await database.another({ poolSize: 1 });
    for (let round = 0; round < 20; round += 1) {
      const ear = await PostgresEar.open(only, 'channel', () => undefined);
      const next = only.query<{ one: number }[]>('SELECT 1 AS one'); // waits for the connection, and must not get this one
      await ear.close();
      expect(await next).toEqual([{ one: 1 }]);
    }
  });
});
