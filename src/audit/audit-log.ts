import { ConsoleLogger, type LoggerService } from '@nestjs/common';

/** Writes the audit trail to standard output, a line of JSON for each entry, for whatever collects logs. */
export function auditLog(): LoggerService {
  return new ConsoleLogger('Audit', { json: true, colors: false, logLevels: ['log', 'warn'] });
}
