import { afterEach, describe, expect, it } from '@jest/globals';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { MARIADB, POSTGRES, SQL_ENGINES, type SqlDatabase, SQLITE } from '../../../spec/sql-databases.js';
import { InvalidOptionsError } from '../../core/errors.js';
import { TypeOrmJournal } from './typeorm.journal.js';
import { TypeOrmSessionStore } from './typeorm-session.store.js';

let database: SqlDatabase;
afterEach(() => database.close());

const faultsOf = (dataSource: DataSource) => new TypeOrmSessionStore(dataSource).faults();
const fault = (...words: readonly RegExp[]) => words.map((word) => expect.stringMatching(word));

describe.each(SQL_ENGINES)('a database on $name', ({ open }) => {
  it('is fit as this store’s own options and migrations make it', async () => {
    database = await open();
    expect(await faultsOf(database.dataSource)).toEqual([]);
  });

  it('is not fit before the migrations have run', async () => {
    database = await open();
    for (const _ of database.dataSource.migrations) await database.dataSource.undoLastMigration();
    expect(await faultsOf(database.dataSource)).toEqual(fault(/tables.*missing.*nhs_sessions.*sessionMigrations/i));
  });

  it('that holds the journal is judged alike', async () => {
    database = await open();
    const journal = new TypeOrmJournal(database.dataSource);
    expect(await journal.faults()).toEqual([]);
    for (const _ of database.dataSource.migrations) await database.dataSource.undoLastMigration();
    expect(await journal.faults()).toEqual(fault(/tables of the journal.*nhs_journal.*journalMigrations/i));
  });

  it('is asked within a deadline that is one', async () => {
    database = await open();
    for (const deadline of [0, -1, Number.NaN]) {
      expect(() => new TypeOrmSessionStore(database.dataSource, { deadline })).toThrow(InvalidOptionsError);
    }
  });

  it('must be known to the data source by our entities', async () => {
    database = await open();
    await expect(faultsOf(await database.another({ entities: [] }))).rejects.toThrow(InvalidOptionsError);
  });
});

describe('a PostgreSQL', () => {
  const settings = (options: string) => {
    const url = new URL(String(Reflect.get(database.options, 'url')));
    url.searchParams.set('options', options);
    return database.another({ url: url.href.replaceAll('+', '%20') });
  };

  it('may not forget what it has answered, nor be read-only', async () => {
    database = await POSTGRES.open();
    expect(await faultsOf(await settings('-c synchronous_commit=off'))).toEqual(fault(/synchronous_commit/));
    expect(await faultsOf(await settings('-c default_transaction_read_only=on'))).toEqual(fault(/read-only/));
  });

  it('must be left by statements and connections that take too long', async () => {
    database = await POSTGRES.open();
    expect(await faultsOf(await database.another({ extra: {} }))).toEqual(fault(/statement_timeout/, /connectionTimeoutMillis/));
  });
});

describe('a MariaDB', () => {
  it('must have transactions and tell ids apart', async () => {
    database = await MARIADB.open();
    await database.dataSource.query('ALTER TABLE nhs_tombstones ENGINE = MyISAM');
    await database.dataSource.query('ALTER TABLE nhs_sessions CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci');
    const faults = await faultsOf(database.dataSource);
    expect(faults.toSorted()).toEqual(fault(/nhs_sessions.*utf8mb4_general_ci/, /nhs_tombstones.*MyISAM/));
  });

  it.each([
    ['sql_mode', '', /STRICT_TRANS_TABLES/],
    ['sql_mode', 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES', /NO_BACKSLASH_ESCAPES/],
    ['tx_isolation', 'SERIALIZABLE', /READ-COMMITTED/],
  ])('may not have %s %s', async (variable, value, words) => {
    database = await MARIADB.open();
    const { dataSource } = database;
    const one = await database.another({ poolSize: 1 });
    await one.query(`SET SESSION ${variable} = '${value}'`);
    expect(await faultsOf(one)).toEqual(fault(words));
    expect(await faultsOf(dataSource)).toEqual([]);
  });
});

describe('a SQLite', () => {
  it('may not be shared by all without taking turns, nor lose what is committed', async () => {
    database = await SQLITE.open();
    const shared = await new DataSource({ ...database.options, statementCacheSize: 10 } as DataSourceOptions).initialize();
    await shared.query('PRAGMA synchronous = OFF');
    expect(await faultsOf(shared)).toEqual(fault(/serialiseSqlite/, /statementCacheSize/, /synchronous/));
    await shared.destroy();
  });
});
