import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Installation, PATIENCE } from './history/installation.js';
import { openSqlDatabase, type SqlDatabase } from './history/sql-database.js';

describe('The history of many clients on two processes with sessions in PostgreSQL', () => {
  let database: SqlDatabase;
  let installation: Installation;

  beforeAll(async () => {
    database = await openSqlDatabase('postgres');
    installation = await Installation.start(database.store, ['A', 'B']);
  }, PATIENCE);
  afterAll(async () => {
    await installation?.close();
    await database?.close();
  });

  it(
    'is explained by an order of atomic steps',
    async () => {
      const { violation, calls, overlapping } = await installation.observe('PostgreSQL, two processes');
      expect(violation).toBeUndefined();
      expect(overlapping).toBeGreaterThan(calls / 4);
    },
    PATIENCE,
  );

  it(
    'also when a process is killed in the middle and comes back',
    async () => {
      const [victim] = installation.workers;
      let back = Promise.resolve();
      const { violation, unanswered } = await installation.observe('PostgreSQL, a process killed', (calls) => {
        if (calls === 60) back = back.then(() => victim?.kill()).then(() => victim?.restart());
      });
      await back;
      expect(violation).toBeUndefined();
      expect(unanswered).toBeGreaterThan(0);
    },
    PATIENCE,
  );
});
