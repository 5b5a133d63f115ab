import type { AuditEntry } from '../audit/audit-entry.js';

/**
 * Keeps the audit trail, or sends it somewhere. What it throws fails no request, and is counted and told. It must not make a request
 * wait: what takes time it does afterwards, within a bound of memory.
 */
export abstract class AuditSink {
  /** Takes an entry. Returns at once. */
  abstract record(entry: AuditEntry): void;

  /** Brings home what was taken, as far as that can be done soon: called when the application stops. */
  async close(): Promise<void> {}
}
