import { DataTooLargeError } from '../errors.js';
import type { SessionData } from '../session-types.js';

/** The cap on a session's application data, in bytes of JSON. */
const MAX_DATA_BYTES = 4096;

/** The data, if a session may hold so much. @throws DataTooLargeError */
export function dataThatFits(data: SessionData): SessionData {
  if (Buffer.byteLength(JSON.stringify(data)) > MAX_DATA_BYTES) throw new DataTooLargeError(MAX_DATA_BYTES);
  return data;
}
