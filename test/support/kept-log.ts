import type { LoggerService } from '@nestjs/common';
import type { AuditEntry } from 'nestjs-hybrid-session';

/** A log that keeps what is written to it, as objects and as a file would have it. */
export class KeptLog implements LoggerService {
  readonly entries: AuditEntry[] = [];

  log(entry: AuditEntry): void {
    this.entries.push(entry);
  }

  warn(entry: AuditEntry): void {
    this.entries.push(entry);
  }

  error(): void {
    throw new Error('The audit trail knows no errors.');
  }

  get text(): string {
    return this.entries.map((entry) => JSON.stringify(entry)).join('\n');
  }
}
