import { Logger } from '@nestjs/common';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import type { DataSource } from 'typeorm';
import type { AppConfig } from '../config/app-config.js';

/** The audit trail beside the users, vouched for by the key ring of the sessions. */
export function auditTrail({ audit, sessions }: Pick<AppConfig, 'audit' | 'sessions'>, users: DataSource): TypeOrmAuditTrail {
  const log = new Logger('AuditTrail');
  return new TypeOrmAuditTrail(users, {
    keys: sessions.keys,
    retention: audit.retention,
    onTrouble: ({ message }) => log.error(message),
  });
}
