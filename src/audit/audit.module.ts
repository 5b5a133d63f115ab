import { Module } from '@nestjs/common';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { AppConfig } from '../config/app-config.js';
import { auditTrail } from './audit-trail.js';
import { SessionExplanations } from './session-explanations.js';

/** Keeps the audit trail, and explains sessions by it. */
@Module({
  providers: [{ provide: TypeOrmAuditTrail, useFactory: auditTrail, inject: [AppConfig, DataSource] }, SessionExplanations],
  exports: [TypeOrmAuditTrail, SessionExplanations],
})
export class AuditModule {}
