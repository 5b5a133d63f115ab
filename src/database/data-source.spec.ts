import { afterEach, describe, expect, it } from '@jest/globals';
import { User } from '../users/user.entity.js';
import { dataSourceOptions, openDatabase } from './data-source.js';
import { ENGINES, type TestDatabase } from './testing/engines.js';

const aUser = (id: string) => ({
  id,
  username: id,
  passwordHash: 'x',
  roles: [],
  rolesVersion: 0,
  rolesUntold: 0,
  displayName: id,
  email: null,
  disabledAt: null,
  createdAt: new Date(0),
  passwordChangedAt: new Date(0),
});

describe.each(ENGINES)('a database on the $name engine', ({ open }) => {
  let database: TestDatabase;
  afterEach(() => database.close());

  it('has, after the migrations, exactly the tables that the entities describe', async () => {
    database = await open();
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('keeps what one request writes while the transaction of another is rolled back', async () => {
    database = await open();
    const { dataSource } = database;
    let insideTransaction: () => void = () => undefined;
    const inside = new Promise<void>((resolve) => {
      insideTransaction = resolve;
    });
    const failing = dataSource.transaction(async (manager) => {
      await manager.insert(User, aUser('rolled back'));
      insideTransaction();
      await manager.count(User);
      throw new Error('on purpose');
    });
    await inside;
    const kept = Promise.all([
      dataSource.manager.insert(User, aUser('alone')),
      dataSource.transaction((manager) => manager.insert(User, aUser('in a transaction'))),
    ]);
    await expect(failing).rejects.toThrow('on purpose');
    await kept;
    const users = await dataSource.manager.find(User, { order: { username: 'ASC' } });
    expect(users.map(({ username }) => username)).toEqual(['alone', 'in a transaction']);
  });

  it('gives back every kind of value as it was written', async () => {
    database = await open();
    const { manager } = database.dataSource;
    const user = { ...aUser('x'), roles: ['admin', 'user'], disabledAt: new Date(1_760_000_000_123) };
    await manager.insert(User, user);
    const { passwordHash: _, ...visible } = user;
    expect(await manager.findOneByOrFail(User, { id: 'x' })).toEqual(visible);
    await manager.update(User, { id: 'x' }, { disabledAt: null, roles: [] });
    expect(await manager.findOneByOrFail(User, { id: 'x' })).toMatchObject({ disabledAt: null, roles: [] });
  });

  it('is migrated once when several instances start at the same time', async () => {
    database = await open();
    await database.dataSource.dropDatabase();
    const options = dataSourceOptions(database.config);
    const instances = await Promise.all([1, 2, 3].map(() => openDatabase(options)));
    const migrations: readonly { name: string }[] = await database.dataSource.query('SELECT name FROM migrations ORDER BY id');
    expect(migrations.map(({ name }) => name)).toEqual(database.dataSource.migrations.map((one) => one.constructor.name));
    await Promise.all(instances.map((instance) => instance.destroy()));
  });
});
