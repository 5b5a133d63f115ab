import type { SealedContent } from './sealer.js';
import type { SessionRecord } from './session-record.js';

/** A record that was found alive and intact. */
export interface OpenedRecord {
  readonly record: SessionRecord;
  readonly content: SealedContent;
}
