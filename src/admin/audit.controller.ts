import { Controller, Get, Param, Query, UseGuards, UseInterceptors } from '@nestjs/common';
import { InvalidInputError, RequireRoles, SessionGuard, SessionInspector } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { auditAnswer } from '../audit/audit-answer.js';
import { readAuditQuery } from '../audit/audit-query.js';
import { Audited, AuditedActs } from '../audit/audited.interceptor.js';
import { explanationOf } from '../audit/explanation.js';

/** How many entries of a session are shown beside the reason. */
const ENTRIES = 50;

/** What happened, and why a session is refused. */
@Controller('admin')
@UseGuards(SessionGuard)
@RequireRoles('admin')
@UseInterceptors(AuditedActs)
export class AdminAuditController {
  constructor(
    private readonly trail: TypeOrmAuditTrail,
    private readonly inspector: SessionInspector,
  ) {}

  /** Entries in the order of the trail: the newest that fit, or the oldest `after` one. */
  @Get('audit')
  @Audited({ act: 'admin.audit_read' })
  async find(@Query() query: Readonly<Record<string, unknown>>) {
    return (await this.trail.find(readAuditQuery(query))).map(auditAnswer);
  }

  @Get('sessions/:id/explain')
  @Audited({ act: 'admin.session_explained', about: 'session' })
  async explain(@Param('id') id: string) {
    const inspection = await this.inspector.inspect(id);
    if (!inspection) throw new InvalidInputError('That is no session id.', 'id');
    return explanationOf(id, inspection, await this.trail.find({ sessionId: id, limit: ENTRIES }));
  }
}
