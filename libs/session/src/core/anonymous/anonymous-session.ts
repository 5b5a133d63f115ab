import { effectiveEnd } from '../record/lifetimes.js';
import type { OpenedRecord } from '../record/opened-record.js';
import type { SessionData } from '../session-types.js';
import type { SessionRecord } from '../record/session-record.js';

/**
 * The session of a visitor who has not logged in: data, and nobody they belong to. Not a `Session`, so that none can be taken for the
 * other. Times are milliseconds since the epoch.
 */
export class AnonymousSession {
  readonly channel = 'visitor';
  readonly id: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** The absolute end. */
  readonly expiresAt: number;
  /** When it ends if it is not used again. */
  readonly endsAt: number;
  readonly data: SessionData;

  /** @internal What the store holds. Not enumerable: an answer must not send salt and seal along. */
  declare readonly record: SessionRecord;
  /** @internal Its secret never changes: a visitor proves nothing by which it could be renewed. */
  declare readonly generation: 0;

  constructor({ record, content }: OpenedRecord) {
    Object.defineProperties(this, { record: { value: record }, generation: { value: 0 } });
    this.id = record.id;
    this.createdAt = record.createdAt;
    this.lastSeenAt = record.lastSeenAt;
    this.expiresAt = record.expiresAt;
    this.endsAt = effectiveEnd(record);
    this.data = content.data;
  }
}
