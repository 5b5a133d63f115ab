import type { AuditRecord } from 'nestjs-hybrid-session/typeorm';

/** An entry as administrators see it: the time is ISO 8601, the rest as it was written. */
export type AuditAnswer = Omit<AuditRecord, 'at'> & { readonly at: string };

/** Turns an entry into an answer. */
export function auditAnswer({ seq, id, at, ...facts }: AuditRecord): AuditAnswer {
  return { seq, id, at: isoTime(at), ...facts };
}

/** A time as ISO 8601. One that somebody spoilt in the store must not keep the rest from being seen. */
export function isoTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? 'no time' : date.toISOString();
}
