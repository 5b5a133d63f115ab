import type { SessionEvent, SessionEventType } from 'nestjs-hybrid-session';

/** Events that somebody should look at. */
const SUSPICIOUS: ReadonlySet<SessionEventType> = new Set([
  'refresh.reused',
  'refresh.suspected_sharing',
  'login.throttled',
  'csrf.refused',
  'origin.refused',
]);

/**
 * An event as one line of JSON, in ASCII: whatever a client may have put into its user agent or address can neither start a line
 * of its own nor steer a terminal.
 */
export function auditLine({ at, type, ...details }: SessionEvent): string {
  const level = SUSPICIOUS.has(type) ? 'warn' : 'info';
  const line = JSON.stringify({ time: new Date(at).toISOString(), level, audit: type, ...details });
  return line.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
