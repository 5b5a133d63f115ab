import { Module } from '@nestjs/common';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { AppConfig } from '../config/app-config.js';
import { auditTrail } from './audit-trail.js';

/** Keeps the audit trail. */
@Module({
  providers: [{ provide: TypeOrmAuditTrail, useFactory: auditTrail, inject: [AppConfig, DataSource] }],
  exports: [TypeOrmAuditTrail],
})
export class AuditModule {}
