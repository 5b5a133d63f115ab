import Libsql from 'libsql';

/**
 * Where a transaction begins and ends. A prepared statement that met another writer (SQLITE_BUSY) counts as under way until it is
 * garbage, and until then nothing can be committed; one that is executed directly does not.
 */
const BOUNDARY = /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i;

/**
 * libsql in the shape that TypeORM's better-sqlite3 driver expects. libsql comes compiled for every Node version that we run on;
 * where it differs from better-sqlite3 (a lone `null` as parameter, blobs, PRAGMA), this evens it out.
 */
export class LibsqlDriver {
  private readonly connection: Libsql.Database;

  constructor(file: string, options: { readonly timeout?: number }) {
    this.connection = new Libsql(file, { timeout: options.timeout });
  }

  prepare(sql: string): object {
    const statement = this.connection.prepare<[unknown[]]>(sql);
    return {
      reader: statement.reader,
      // As one array: given one by one, a lone null would be taken for a list of named parameters.
      all: (...parameters: unknown[]) => statement.all(parameters).map(withBuffers),
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

function withBuffers(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof ArrayBuffer ? Buffer.from(value) : value]),
  );
}
