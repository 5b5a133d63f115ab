import { days } from 'nestjs-hybrid-session';
import type { EnvironmentReader } from './environment-reader.js';

/** How the audit trail is kept. */
export interface AuditConfig {
  /** Milliseconds that entries are kept at the least. */
  readonly retention: number;
}

const DEFAULT_DAYS = 365;
const MOST_DAYS = 36_500;

/** Reads `AUDIT_RETENTION_DAYS`. */
export function readAudit(reader: EnvironmentReader): AuditConfig {
  return { retention: days(reader.wholeNumber('AUDIT_RETENTION_DAYS', 1, MOST_DAYS) ?? DEFAULT_DAYS) };
}
