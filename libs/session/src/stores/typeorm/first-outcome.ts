import { changedIds } from '../change-hub.js';
import type { OperationId } from '../../core/ports/session-store.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import type { Operations } from './operations.js';
import type { ReadOutcome } from './remembered-outcomes.js';
import type { SessionRows } from './session-rows.js';
import type { SqlChanges } from './sql-changes.js';
import type { SqlConnection } from './sql-connection.js';

type Outcome = Parameters<typeof changedIds>[0];

type Act<T> = () => T | Promise<T>;

/** What comes out the same whenever it is asked for again, and so need not be remembered. */
const LASTING: readonly string[] = ['gone', 'superseded', 'fenced'] satisfies Outcome['outcome'][];

/** Lets each operation act once; who repeats it gets the first outcome. Tells the feed of what was changed. */
export class FirstOutcome {
  constructor(
    private readonly rows: SessionRows,
    private readonly operations: Operations,
    private readonly feed: SqlChanges,
  ) {}

  /** Acts on a session whose row is locked, unless this operation has acted before. */
  async onSession<T extends Outcome>(
    connection: SqlConnection,
    operation: OperationId,
    id: string,
    read: ReadOutcome<T>,
    act: (record: SessionRecord | undefined) => T,
  ): Promise<T> {
    const locked = await this.rows.lock(connection, id, operation);
    if (!locked) return this.once(connection, operation, id, read, () => act(undefined));
    return locked.before === undefined ? this.act(connection, operation, id, () => act(locked.record)) : read(locked.before);
  }

  /** Acts where it is known, by such a lock, whether this operation has acted before. */
  known<T extends Outcome>(
    connection: SqlConnection,
    operation: OperationId,
    id: string,
    hasActed: boolean,
    read: ReadOutcome<T>,
    act: Act<T>,
  ): Promise<T> {
    return hasActed ? this.once(connection, operation, id, read, act) : this.act(connection, operation, id, act);
  }

  /** Acts, unless this operation has acted before. To be called with a lock that everybody takes who acts on the same. */
  async once<T extends Outcome>(
    connection: SqlConnection,
    operation: OperationId,
    id: string | undefined,
    read: ReadOutcome<T>,
    act: Act<T>,
  ): Promise<T> {
    const before = await this.operations.recall(connection, operation);
    return before === undefined ? this.act(connection, operation, id, act) : read(before);
  }

  private async act<T extends Outcome>(
    connection: SqlConnection,
    operation: OperationId,
    id: string | undefined,
    act: Act<T>,
  ): Promise<T> {
    const outcome = await act();
    if (!LASTING.includes(outcome.outcome)) this.operations.remember(connection, operation, outcome);
    await this.feed.tell(connection, changedIds(outcome, id));
    return outcome;
  }
}
