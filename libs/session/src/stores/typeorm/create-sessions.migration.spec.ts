import { afterEach, describe, expect, it } from '@jest/globals';
import { SQL_ENGINES, type SqlDatabase } from '../../../spec/sql-databases.js';

describe.each(SQL_ENGINES)('the migrations on $name', ({ open }) => {
  let database: SqlDatabase;
  afterEach(() => database.close());

  const drift = async () => {
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  };

  it('make exactly the tables that the entities describe', async () => {
    database = await open();
    expect(await drift()).toEqual([]);
  });

  it('can be undone and done again', async () => {
    database = await open();
    for (const _ of database.dataSource.migrations) await database.dataSource.undoLastMigration();
    expect((await drift()).length).toBeGreaterThan(0);
    await database.dataSource.runMigrations();
    expect(await drift()).toEqual([]);
  });
});
