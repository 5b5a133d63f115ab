import { QueryFailedError, type QueryRunner } from 'typeorm';
import { breakOff } from './break-off.js';
import type { Row, Value } from './record-row.js';
import type { Failure, SqlEngine } from './sql-engine.js';

/** A statement that the engine refused or could not be asked, with what that means. */
export class StatementFailure extends Error {
  constructor(
    readonly failure: Failure,
    override readonly cause: unknown,
  ) {
    super('A statement of the session store failed.');
  }
}

/** One connection for as long as one step of the store takes. Everything that is thrown by the engine is a {@link StatementFailure}. */
export class SqlConnection {
  constructor(
    private readonly runner: QueryRunner,
    readonly engine: SqlEngine,
  ) {}

  /** Runs a statement that answers with rows. */
  async rows(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    const { records }: { readonly records: readonly Row[] } = await this.query(sql, values);
    return records;
  }

  /** Runs a statement that changes rows; answers how many it has met. */
  async run(sql: string, values: readonly Value[] = []): Promise<number> {
    const { affected } = await this.query(sql, values);
    return affected ?? 0;
  }

  async begin(): Promise<void> {
    for (const statement of this.engine.begin) await this.query(statement, []);
  }

  async commit(): Promise<void> {
    await this.query('COMMIT', []);
  }

  /** Never fails: a connection that cannot be rolled back is cut, and the engine rolls back by itself. */
  async rollBack(): Promise<void> {
    try {
      await this.query('ROLLBACK', []);
    } catch {
      breakOff(await this.runner.connect().catch(() => undefined));
    }
  }

  private async query(sql: string, values: readonly Value[]) {
    try {
      return await this.runner.query(this.engine.numbered(sql), [...values], true);
    } catch (error) {
      const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
      throw new StatementFailure(this.engine.judge(cause), error);
    }
  }
}
