import { Logger, type LoggerService } from '@nestjs/common';
import type { AuditEntry } from '../core/audit/audit-entry.js';
import { AuditSink } from '../core/ports/audit-sink.js';

/**
 * Writes the audit trail to Nest's logger, each entry as one object, with the time also as text: `ConsoleLogger` with `json: true`,
 * nestjs-pino and the like make one line of it.
 */
export class NestLoggerAudit extends AuditSink {
  /** @param logger default: the application's own, under the context `Audit` */
  constructor(private readonly logger: LoggerService = new Logger('Audit')) {
    super();
  }

  record(entry: AuditEntry): void {
    const said = { time: new Date(entry.at).toISOString(), ...entry };
    if (entry.level === 'warn') this.logger.warn(said);
    else this.logger.log(said);
  }
}
