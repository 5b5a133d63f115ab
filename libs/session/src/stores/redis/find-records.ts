import type { SessionRecord } from '../../core/record/session-record.js';
import { decodeRecord } from './record-codec.js';
import { type RedisKeys, slotOf } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';

type Found = readonly (SessionRecord | undefined)[];

/** Reads records with one command; in a cluster, with one per slot, all at the same time. */
export async function findRecords(link: RedisLink, keys: RedisKeys, ids: readonly string[]): Promise<Found> {
  const [first] = ids;
  if (first === undefined) return [];
  if (ids.length === 1) return [decodeRecord(first, await link.ask(() => link.commands.get(keys.session(first))))];
  if (!('masters' in link.client)) return findTogether(link, keys, ids);

  const bySlot = new Map<string, string[]>();
  for (const id of ids) {
    const group = bySlot.get(slotOf(id));
    if (group) group.push(id);
    else bySlot.set(slotOf(id), [id]);
  }
  const groups = await Promise.all([...bySlot.values()].map((group) => findTogether(link, keys, group)));
  const found = new Map(groups.flat().map((record) => [record?.id, record]));
  return ids.map((id) => found.get(id));
}

async function findTogether(link: RedisLink, keys: RedisKeys, ids: readonly string[]): Promise<Found> {
  const values = await link.ask(() => link.commands.mGet(ids.map((id) => keys.session(id))));
  return ids.map((id, at) => decodeRecord(id, Array.isArray(values) ? values[at] : undefined));
}
