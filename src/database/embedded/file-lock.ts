import Libsql from 'libsql';

/** A lock that processes of one machine share by a file's name. Ends with the process that holds it, however that ends. */
export class FileLock {
  private readonly connection: Libsql.Database;

  constructor(file: string) {
    this.connection = new Libsql(file);
  }

  /** Takes the lock if it is free; answers whether it did. */
  take(): boolean {
    try {
      this.connection.exec('BEGIN EXCLUSIVE');
      return true;
    } catch (error) {
      if (error instanceof Libsql.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
      throw error;
    }
  }

  /** Gives the lock back. */
  release(): void {
    this.connection.close();
  }
}
