import { Controller, Delete, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { sessionAnswer, SessionGuard, SessionNotFoundError, SessionService } from 'nestjs-hybrid-session';
import { Users } from '../users/users.service.js';
import { Roles, RolesGuard } from './roles.guard.js';

/** Administration of sessions: who is logged in, and ending it. */
@Controller('admin')
@UseGuards(SessionGuard, RolesGuard)
@Roles('admin')
export class AdminSessionsController {
  constructor(
    private readonly users: Users,
    private readonly sessions: SessionService,
  ) {}

  @Get('users/:id/sessions')
  async list(@Param('id') id: string) {
    const user = await this.users.byId(id);
    return (await this.sessions.list(user.id)).map((session) => sessionAnswer(session, undefined));
  }

  @Delete('users/:id/sessions')
  async endAllOf(@Param('id') id: string) {
    const user = await this.users.byId(id);
    return { ended: await this.sessions.revokeAll(user.id, 'administrator') };
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  async endOne(@Param('id') id: string): Promise<void> {
    if (!(await this.sessions.revoke(id, 'administrator'))) throw new SessionNotFoundError();
  }

  @Post('logout-everyone')
  @HttpCode(200)
  async endEveryone() {
    return { ended: await this.sessions.revokeEveryone() };
  }
}
