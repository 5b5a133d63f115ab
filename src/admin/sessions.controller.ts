import { Controller, Delete, Get, HttpCode, Param, Post, Req, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  originOf,
  RequireRecentAuth,
  RequireRoles,
  sessionAnswer,
  SessionGuard,
  SessionNotFoundError,
  SessionService,
  type HttpRequest,
} from 'nestjs-hybrid-session';
import { Audited, AuditedActs } from '../audit/audited.interceptor.js';
import { Users } from '../users/users.service.js';

/** Administration of sessions: who is logged in, and ending it. */
@Controller('admin')
@UseGuards(SessionGuard)
@RequireRoles('admin')
@UseInterceptors(AuditedActs)
export class AdminSessionsController {
  constructor(
    private readonly users: Users,
    private readonly sessions: SessionService,
  ) {}

  @Get('users/:id/sessions')
  @Audited({ act: 'admin.sessions_read', about: 'user' })
  async list(@Param('id') id: string) {
    const user = await this.users.byId(id);
    return (await this.sessions.list(user.id)).map((session) => sessionAnswer(session, undefined));
  }

  @Delete('users/:id/sessions')
  @RequireRecentAuth()
  @Audited({ act: 'admin.sessions_ended', about: 'user' })
  async endAllOf(@Param('id') id: string, @Req() request: HttpRequest) {
    const user = await this.users.byId(id);
    return { ended: await this.sessions.revokeAll(user.id, { reason: 'administrator', origin: originOf(request) }) };
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @RequireRecentAuth()
  @Audited({ act: 'admin.session_ended', about: 'session' })
  async endOne(@Param('id') id: string, @Req() request: HttpRequest): Promise<void> {
    if (!(await this.sessions.revoke(id, 'administrator', originOf(request)))) throw new SessionNotFoundError();
  }

  @Post('logout-everyone')
  @HttpCode(200)
  @RequireRecentAuth()
  @Audited({ act: 'admin.everyone_ended' })
  async endEveryone(@Req() request: HttpRequest) {
    return { ended: await this.sessions.revokeEveryone(originOf(request)) };
  }
}
