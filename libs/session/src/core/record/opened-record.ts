import type { Moment } from '../ports/stopwatch.js';
import type { SealedContent } from './sealer.js';
import type { SessionRecord } from './session-record.js';

/** A record that was found alive and intact. */
export interface OpenedRecord {
  readonly record: SessionRecord;
  readonly content: SealedContent;
  /** When the read was sent that this answers from, where the store could not be asked now; undefined otherwise. */
  readonly staleSince?: Moment;
}
