import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { AdminAuditController } from './audit.controller.js';
import { ImpersonationController } from './impersonation.controller.js';
import { RoleChanges } from './role-changes.service.js';
import { AdminSessionsController } from './sessions.controller.js';
import { AdminUsersController } from './users.controller.js';

/** What administrators do, over the same sessions as everybody else. */
@Module({
  imports: [UsersModule, AuditModule],
  controllers: [AdminUsersController, AdminSessionsController, AdminAuditController, ImpersonationController],
  providers: [RoleChanges],
})
export class AdminModule {}
