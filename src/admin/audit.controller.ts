import { Controller, Get, Param, Query, UseGuards, UseInterceptors } from '@nestjs/common';
import { RequireRoles, SessionGuard } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { auditAnswer } from '../audit/audit-answer.js';
import { readAuditQuery } from '../audit/audit-query.js';
import { Audited, AuditedActs } from '../audit/audited.interceptor.js';
import { SessionExplanations } from '../audit/session-explanations.js';

/** What happened, and why a session is refused. */
@Controller('admin')
@UseGuards(SessionGuard)
@RequireRoles('admin')
@UseInterceptors(AuditedActs)
export class AdminAuditController {
  constructor(
    private readonly trail: TypeOrmAuditTrail,
    private readonly explanations: SessionExplanations,
  ) {}

  /** Entries in the order of the trail: the newest that fit, or the oldest `after` one. */
  @Get('audit')
  @Audited({ act: 'admin.audit_read' })
  async find(@Query() query: Readonly<Record<string, unknown>>) {
    return (await this.trail.find(readAuditQuery(query))).map(auditAnswer);
  }

  @Get('sessions/:id/explain')
  @Audited({ act: 'admin.session_explained', about: 'session' })
  explain(@Param('id') id: string) {
    return this.explanations.explain(id);
  }
}
