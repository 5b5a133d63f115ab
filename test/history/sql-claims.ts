import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Installation, PATIENCE } from './installation.js';
import { openSqlDatabase, type SqlDatabase } from './sql-database.js';

/** Calls before a process is killed. */
const KILL_AFTER = 60;

/** What holds for the history of many clients on two processes, with sessions in this database. */
export function sqlHistoryClaims(name: string, engine: Parameters<typeof openSqlDatabase>[0]): void {
  describe(`The history of many clients on two processes with sessions in ${name}`, () => {
    let database: SqlDatabase;
    let installation: Installation;

    beforeAll(async () => {
      database = await openSqlDatabase(engine);
      installation = await Installation.start(database.store, ['A', 'B']);
    }, PATIENCE);
    afterAll(async () => {
      await installation?.close();
      await database?.close();
    });

    it(
      'is explained by an order of atomic steps',
      async () => {
        const { violation, calls, overlapping } = await installation.observe(`${name}, two processes`);
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
        const { violation, unanswered } = await installation.observe(`${name}, a process killed`, (calls) => {
          if (calls === KILL_AFTER) back = back.then(() => victim?.kill()).then(() => victim?.restart());
        });
        await back;
        expect(violation).toBeUndefined();
        expect(unanswered).toBeGreaterThan(0);
      },
      PATIENCE,
    );
  });
}
