import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { type ChangeListener, NAMED_AT_MOST, type Subscription } from '../../core/ports/changes.js';
import { slotsOf } from '../../core/record/session-id.js';
import { ChangeHub } from '../change-hub.js';
import type { DatabaseLink } from './database-link.js';
import { chunksOf } from './chunks.js';
import { PostgresFeed } from './postgres-feed.js';
import type { SqlConnection } from './sql-connection.js';
import type { SqlTables } from './sql-tables.js';

/** Ids in one notification: PostgreSQL takes 7,999 bytes, and an id is 64 characters at the most. */
const IDS_AT_ONCE = 120;

/** Tells of changes: on PostgreSQL all processes, as part of the transaction that makes the change; elsewhere this one. */
export class SqlChanges {
  private readonly hub = new ChangeHub();
  private readonly feed: PostgresFeed | undefined;
  private name: string | undefined;

  constructor(
    link: DatabaseLink,
    listenOn: DataSource,
    private readonly tables: () => SqlTables,
    patience: number,
  ) {
    if (link.engine.name === 'postgres') this.feed = new PostgresFeed(link, listenOn, () => this.channel, patience);
  }

  /** Adds a listener. @throws StoreUnavailableError when nothing can be heard: ask again */
  async listen(listener: ChangeListener): Promise<Subscription> {
    return this.feed ? this.feed.listen(listener) : this.hub.addWithGap(listener);
  }

  /** Makes the telling part of the transaction, where the engine can: what is rolled back is told to nobody. */
  async tell(connection: SqlConnection, ids: readonly string[] | 'everyone'): Promise<void> {
    if (!this.feed) return;
    const names = ids === 'everyone' ? ['*'] : namesOf(ids);
    const messages = chunksOf(names, IDS_AT_ONCE).map((some) => some.join(' '));
    const notify = `SELECT pg_notify(?, ${connection.engine.now}::text || ' ' || ?)`;
    for (const message of messages) {
      connection.owe(notify, [this.channel, message]);
      await connection.settle();
    }
  }

  /** Tells what a call of this process has changed, where nobody else does. To be called after the commit. */
  tellOwn(ids: readonly string[] | 'everyone'): void {
    if (this.feed) return;
    if (ids === 'everyone') this.hub.tell({ type: 'everyone' });
    else this.hub.changed(ids);
  }

  /** Channels belong to the whole PostgreSQL database: each set of tables has its own. */
  private get channel(): string {
    return (this.name ??= `nhs_${createHash('sha256').update(this.tables().sessions).digest('hex').slice(0, 16)}`);
  }
}

/** What is told of these records: their ids, or where they are too many their slots, each with the dot that ends it. */
function namesOf(ids: readonly string[]): readonly string[] {
  return ids.length > NAMED_AT_MOST ? [...slotsOf(ids)].map((slot) => `${slot}.`) : ids;
}
