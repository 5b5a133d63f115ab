import { BoundedMap } from '../../core/bounded-map.js';
import { grouped } from '../../core/grouped.js';
import { type EndReason, endReasonOf, type SessionRecord } from '../../core/record/session-record.js';
import { slotOf } from '../../core/record/session-id.js';
import { GuardedReads, UnknownScriptError } from './guarded-reads.js';
import { decodeRecord } from './record-codec.js';
import { failsOver } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';
import { listOf } from './replies.js';

/** Records that need not be taken apart again. */
const REMEMBERED = 10_000;

/** Reads records: plainly where there is one server, guarded where another may have become the primary. */
export class RecordReader {
  private readonly guarded: GuardedReads | undefined;
  private readonly isSpread: boolean;
  /** What was read last of each id, with what it says: most of the time nothing has changed. */
  private readonly read = new BoundedMap<string, { readonly value: unknown; readonly record: SessionRecord }>(REMEMBERED);

  /** @param guard whether reads are guarded also through a client that does not fail over by itself */
  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
    guard: boolean,
  ) {
    this.isSpread = 'masters' in link.client;
    this.guarded = guard || failsOver(link.client) ? new GuardedReads(link.commands) : undefined;
  }

  /** In a cluster each slot is a place: which of them share a server may change at any time. */
  placeOf(id: string): string {
    return this.isSpread ? slotOf(id) : '';
  }

  /** Reads records with one command; in a cluster, with one per slot, all at the same time. @throws StoreUnavailableError */
  async find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    if (!this.isSpread) return this.together(ids);
    const found = new Map<string, SessionRecord | undefined>();
    const read = async (group: readonly string[]) => {
      const records = await this.together(group);
      group.forEach((id, at) => found.set(id, records[at]));
    };
    await Promise.all([...grouped(ids, slotOf).values()].map(read));
    return ids.map((id) => found.get(id));
  }

  /** Reads the tombstone that may stand in the place of a record. @throws StoreUnavailableError */
  async endReason(id: string): Promise<EndReason | undefined> {
    const [value] = await this.values([id]);
    return endReasonOf(value);
  }

  /** Frozen, since it is handed out again. */
  private record(id: string, value: unknown): SessionRecord | undefined {
    const known = this.read.get(id);
    if (known?.value === value) return known?.record;
    const record = decodeRecord(id, value);
    if (record) this.read.set(id, { value, record: Object.freeze(record) });
    else this.read.delete(id);
    return record;
  }

  private async together(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    const values = await this.values(ids);
    return ids.map((id, at) => this.record(id, values[at]));
  }

  private async values(ids: readonly string[]): Promise<readonly unknown[]> {
    const keys = ids.map((id) => this.keys.session(id));
    return keys.length === 0 ? [] : this.link.ask(() => this.ask(keys));
  }

  private async ask(keys: string[]): Promise<readonly unknown[]> {
    const { guarded, link } = this;
    const [first = ''] = keys;
    if (!guarded) return keys.length === 1 ? [await link.commands.get(first)] : listOf(await link.commands.mGet(keys));
    try {
      return await guarded.read(keys);
    } catch (error) {
      if (error instanceof UnknownScriptError) return guarded.introduce(keys);
      throw error;
    }
  }
}
