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

interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Values of one statement at the most: PostgreSQL numbers them with 16 bits. */
const VALUES_AT_ONCE = 10_000;

/** One connection for as long as one step of the store takes. Everything that is thrown by the engine is a {@link StatementFailure}. */
export class SqlConnection {
  private owed: Statement[] = [];

  constructor(
    private readonly runner: QueryRunner,
    readonly engine: SqlEngine,
  ) {}

  /** Runs a statement that answers with rows. */
  async rows(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    await this.settle();
    const { records }: { readonly records: readonly Row[] } = await this.query(sql, values);
    return records;
  }

  /** Runs a statement that changes rows; answers how many it has met. */
  async run(sql: string, values: readonly Value[] = []): Promise<number> {
    await this.settle();
    const { affected } = await this.query(sql, values);
    return affected ?? 0;
  }

  /**
   * Changes rows before anything else is asked of this connection, and at the latest when its step ends. Changes that follow each other
   * are one statement where the engine chains: no two of them may concern the same row, nor any but the last be a SELECT.
   */
  owe(sql: string, values: readonly Value[] = []): void {
    this.owed.push({ sql, values });
  }

  /** Makes the changes that are owed. */
  async settle(): Promise<void> {
    const owed = this.owed;
    this.owed = [];
    const together = this.engine.chains ? groupsOf(owed) : owed.map((statement) => [statement]);
    for (const some of together) {
      const last = some.at(-1);
      if (!last) continue;
      const before = some.slice(0, -1).map(({ sql }, at) => `change_${at} AS (${sql})`);
      const sql = before.length === 0 ? last.sql : `WITH ${before.join(', ')} ${last.sql}`;
      await this.query(
        sql,
        some.flatMap(({ values }) => values),
      );
    }
  }

  async begin(): Promise<void> {
    for (const statement of this.engine.begin) await this.query(statement, []);
  }

  async commit(): Promise<void> {
    await this.settle();
    await this.query('COMMIT', []);
  }

  /** Never fails: a connection that cannot be rolled back is cut, and the engine rolls back by itself. */
  async rollBack(): Promise<void> {
    this.owed = [];
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

/** As many as fit into one statement, in their order. */
function groupsOf(statements: readonly Statement[]): readonly (readonly Statement[])[] {
  const groups: Statement[][] = [];
  let count = VALUES_AT_ONCE;
  for (const statement of statements) {
    count += statement.values.length;
    if (count > VALUES_AT_ONCE) {
      groups.push([]);
      count = statement.values.length;
    }
    groups.at(-1)?.push(statement);
  }
  return groups;
}
