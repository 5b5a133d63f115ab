import Libsql from 'libsql';

/**
 * Where a transaction begins and ends. A prepared statement that met another writer (SQLITE_BUSY) counts as under way until it is
 * garbage, and until then nothing can be committed; one that is executed directly does not.
 */
const BOUNDARY = /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i;

/** libsql in the shape of better-sqlite3, as far as TypeORM asks for it on behalf of the store. */
export class LibsqlDriver {
  private readonly connection: Libsql.Database;

  constructor(file: string, options: { readonly timeout?: number }) {
    this.connection = new Libsql(file, { timeout: options.timeout });
    this.connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'); // as far as a death of this process goes
  }

  prepare(sql: string): object {
    const statement = this.connection.prepare<[unknown[]]>(sql);
    return {
      reader: statement.reader,
      all: (...parameters: unknown[]) => statement.all(parameters),
      run: (...parameters: unknown[]) => (BOUNDARY.test(sql) ? this.bound(sql) : statement.run(parameters)),
    };
  }

  exec(sql: string): void {
    this.connection.exec(sql);
  }

  private bound(sql: string): object {
    this.connection.exec(sql);
    return { changes: 0, lastInsertRowid: 0 };
  }

  pragma(text: string): unknown {
    return this.connection.prepare(`PRAGMA ${text}`).all();
  }

  close(): void {
    this.connection.close();
  }
}
