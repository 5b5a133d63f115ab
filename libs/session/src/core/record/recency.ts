import type { SessionRecord } from './session-record.js';

type Seen = Pick<SessionRecord, 'lastSeenAt' | 'createdAt' | 'id'>;

/**
 * Orders sessions, the least recently seen first: the order of eviction, and reversed that of `list`. Ties go to the older
 * login, then to the smaller id, so that every store and every repetition answers alike.
 */
export function byLastSeen(a: Seen, b: Seen): number {
  return a.lastSeenAt - b.lastSeenAt || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}
