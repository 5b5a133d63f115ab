import { QueryFailedError } from 'typeorm';

/** Connection trouble by Node's codes; SQLSTATE classes 08, 53 and 57P; a primary that is none any more; a file that is locked or full. */
const CODES =
  /^(ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|08|25006|53|57P0|57014|SQLITE_(BUSY|IOERR|FULL|CANTOPEN))/;
/** What node-postgres says without a code. */
const WORDS =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|connection error and is not queryable|timeout expired/i;

/** Whether an error says that the database cannot be asked, as against a statement that is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (!(cause instanceof Error)) return false;
  return ('code' in cause && typeof cause.code === 'string' && CODES.test(cause.code)) || WORDS.test(cause.message);
}
