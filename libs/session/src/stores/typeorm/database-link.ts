import { type DataSource, EntityManager, type QueryRunner } from 'typeorm';
import { ConflictError, InvalidOptionsError, StoreUnavailableError, TransactionNotSupportedError } from '../../core/errors.js';
import { breakOff } from './break-off.js';
import { dataSourceOf } from './data-source-of.js';
import { Gate } from './gate.js';
import { KeyedGate } from './keyed-gate.js';
import { SqlConnection, StatementFailure } from './sql-connection.js';
import { engineOf, type SqlEngine } from './sql-engine.js';

/** How often a transaction is tried that others are in the way of. */
const ATTEMPTS = 8;

/** Milliseconds, and up to twice as many, between two tries while another process writes. */
const BUSY_PAUSE = 10;

const SHARED_RUNNER =
  'dataSource: a transaction is open on the one connection that everybody shares here, and would take this call in. Call serialiseSqlite(dataSource), or pass the transaction along.';

const NO_TRANSACTION =
  'The session store can only join a transaction that is open in its own database: pass the EntityManager that dataSource.transaction() hands out.';

/** Every way to the database: under one deadline, a few at a time, and with one error when it fails. */
export class DatabaseLink {
  readonly engine: SqlEngine;
  private readonly gate: Gate;
  private readonly turns = new KeyedGate();
  /** Data sources whose transactions were to be joined, and whether they are of this database. */
  private readonly others = new WeakMap<DataSource, boolean>();

  /**
   * @param deadline milliseconds for one call: the wait for a connection and every repetition included
   * @throws InvalidOptionsError for an engine that is not supported
   */
  constructor(
    readonly dataSource: DataSource,
    private readonly deadline: number,
  ) {
    if (!(deadline > 0 && Number.isFinite(deadline)))
      throw new InvalidOptionsError([`deadline must be milliseconds above 0, not ${deadline}.`]);
    const engine = engineOf(dataSource);
    if (!engine) {
      const { type } = dataSource.options;
      throw new InvalidOptionsError([
        `dataSource: ${type} is not supported. Give one of type postgres, mysql, mariadb or better-sqlite3.`,
      ]);
    }
    this.engine = engine;
    this.gate = new Gate(engine.name === 'sqlite' ? 1 : poolSizeOf(dataSource));
  }

  /**
   * Does what is one statement, or where no statement must see what another has seen.
   * @throws StoreUnavailableError
   */
  ask<T>(question: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.within((connection, isLate) => persist(() => settled(connection, question), isLate));
  }

  /**
   * Does one step in a READ COMMITTED transaction, again where others were in the way.
   * @param locks names of what it locks, where many may want that at once: they take turns here, on one connection and not on all
   * @throws StoreUnavailableError
   */
  step<T>(step: (connection: SqlConnection) => Promise<T>, locks?: readonly string[]): Promise<T> {
    const attempt = async (connection: SqlConnection) => {
      await connection.begin();
      try {
        const result = await step(connection);
        await connection.commit();
        return result;
      } catch (error) {
        await connection.rollBack();
        throw error;
      }
    };
    return this.within((connection, isLate) => persist(() => attempt(connection), isLate), locks);
  }

  /**
   * Does what is one statement that changes something. SQLite does it in a transaction too: there a writer that is in the way is met
   * where a transaction begins, and only there.
   * @throws StoreUnavailableError
   */
  change<T>(statement: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.engine.name === 'sqlite' ? this.step(statement) : this.ask(statement);
  }

  /**
   * Waits for something that is not a call of its own, such as a connection that listens, for as long as for a call.
   * @throws StoreUnavailableError
   */
  async guard<T>(underWay: Promise<T>): Promise<T> {
    try {
      return await this.inTime(underWay, this.deadline, () => undefined);
    } catch (cause) {
      throw cause instanceof StoreUnavailableError ? cause : new StoreUnavailableError({ cause });
    }
  }

  /**
   * Does one step in a transaction that the caller has open.
   * @param table one of ours, as it is written in SQL: a connection for which that is another table is not of our database
   * @throws TransactionNotSupportedError when it is none, or one of another database
   * @throws ConflictError when others were in the way: let it roll back, and begin again
   * @throws StoreUnavailableError
   */
  async join<T>(transaction: object, table: string, step: (connection: SqlConnection) => Promise<T>): Promise<T> {
    const { engine } = this;
    const runner = transaction instanceof EntityManager ? transaction.queryRunner : undefined;
    if (!runner?.isTransactionActive || engineOf(dataSourceOf(runner.manager)) !== engine) {
      throw new TransactionNotSupportedError(NO_TRANSACTION);
    }
    const connection: unknown = await runner.connect();
    if (!(await this.isOurs(runner, table))) throw new TransactionNotSupportedError(NO_TRANSACTION);
    try {
      return await this.inTime(settled(new SqlConnection(runner, engine), step), this.deadline, () => breakOff(connection));
    } catch (error) {
      const othersWereInTheWay = error instanceof StatementFailure && ['conflict', 'busy'].includes(error.failure);
      throw othersWereInTheWay ? new ConflictError(undefined, { cause: error.cause }) : asTold(error);
    }
  }

  /** Whether a connection of another data source reaches the same database: what it wrote elsewhere would end nobody here. */
  private async isOurs(runner: QueryRunner, table: string): Promise<boolean> {
    const theirs = dataSourceOf(runner.manager);
    if (theirs === this.dataSource) return true;
    const known = this.others.get(theirs);
    if (known !== undefined) return known;
    const identityOf = async (connection: SqlConnection) => (await connection.rows(this.engine.identity(table)))[0];
    const [own, other] = [await this.ask(identityOf), await this.guard(identityOf(new SqlConnection(runner, this.engine)))];
    const isSame = own !== undefined && JSON.stringify(own) === JSON.stringify(other);
    this.others.set(theirs, isSame);
    return isSame;
  }

  /** A place at the gate and a connection are held until the engine has let go of both, also when the caller has long been told. */
  private async within<T>(
    work: (connection: SqlConnection, isLate: () => boolean) => Promise<T>,
    locks: readonly string[] = [],
  ): Promise<T> {
    const giveUpAt = performance.now() + this.deadline;
    const leave = await this.enter(locks, giveUpAt);
    if (!leave) throw this.late('No connection was free');
    let runner: QueryRunner | undefined;
    let connection: unknown;
    let late = false;
    const done = (async () => {
      try {
        runner = this.dataSource.createQueryRunner('master');
        if (runner.isTransactionActive) throw new InvalidOptionsError([SHARED_RUNNER]);
        connection = await this.connect(runner);
        if (late) throw this.late('No connection was made');
        return await work(new SqlConnection(runner, this.engine), () => late);
      } finally {
        await runner?.release().catch(() => undefined);
        leave();
      }
    })();
    try {
      return await this.inTime(done, giveUpAt - performance.now(), () => {
        late = true;
        breakOff(connection);
      });
    } catch (error) {
      throw asTold(error);
    }
  }

  private async enter(locks: readonly string[], giveUpAt: number): Promise<(() => void) | undefined> {
    const endTurns = await this.turns.enter(locks, giveUpAt - performance.now());
    const leave = endTurns && (await this.gate.enter(giveUpAt - performance.now()));
    if (!leave) endTurns?.();
    return (
      leave &&
      (() => {
        leave();
        endTurns();
      })
    );
  }

  /** Waits for what is under way, and lets go of it when it takes too long. */
  private async inTime<T>(underWay: Promise<T>, patience: number, letGo: () => void): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const alarm = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(this.late('The database did not answer'));
        letGo();
      }, patience);
    });
    try {
      return await Promise.race([underWay, alarm]);
    } finally {
      clearTimeout(timer);
      underWay.catch(() => undefined); // when it is late: its failure is nobody's concern any more
    }
  }

  private async connect(runner: QueryRunner): Promise<unknown> {
    try {
      return await runner.connect();
    } catch (cause) {
      throw new StoreUnavailableError({ cause });
    }
  }

  private late(what: string): StoreUnavailableError {
    return new StoreUnavailableError({ cause: new Error(`${what} within ${this.deadline} ms.`) });
  }
}

/** Does something, and makes the changes that it owes. */
async function settled<T>(connection: SqlConnection, step: (connection: SqlConnection) => Promise<T>): Promise<T> {
  const result = await step(connection);
  await connection.settle();
  return result;
}

/** Tries again where others were in the way; where one is writing, until it is done or nobody waits for us any more. */
async function persist<T>(attempt: () => Promise<T>, isLate: () => boolean): Promise<T> {
  for (let conflicts = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StatementFailure) || isLate()) throw error;
      if (error.failure === 'conflict') conflicts += 1;
      if ((error.failure !== 'conflict' && error.failure !== 'busy') || conflicts === ATTEMPTS) throw error;
      // A writer that is in the way of SQLite is another process: long enough for it, and for what this one has to do meanwhile.
      const pause = error.failure === 'busy' ? BUSY_PAUSE * (1 + Math.random()) : Math.random() * 2 ** (conflicts + 1);
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }
}

/** What a caller is told: that the store is away, unless it is this library or its host that is wrong. */
function asTold(error: unknown): unknown {
  if (!(error instanceof StatementFailure)) return error;
  return error.failure === 'fault' ? error.cause : new StoreUnavailableError({ cause: error.cause });
}

/** How many connections the data source has, by the options of TypeORM or of the driver; both drivers have 10 by default. */
function poolSizeOf({ options }: DataSource): number {
  const extra: unknown = 'extra' in options ? options.extra : undefined;
  const sizes = [options, extra].flatMap((from) =>
    typeof from === 'object' && from !== null
      ? ['poolSize', 'max', 'connectionLimit'].map((name): unknown => Reflect.get(from, name))
      : [],
  );
  return sizes.find((size): size is number => typeof size === 'number' && size > 0) ?? 10;
}
