import { Controller, Delete, Get, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import type { Session } from '../../core/session.js';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { RequireRecentAuth } from '../decorators/require-recent-auth.decorator.js';
import { RevocationMode } from '../decorators/revocation-mode.decorator.js';
import { SessionGuard } from '../guards/session.guard.js';
import { SessionRuntime } from '../session-runtime.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { sessionAnswer, type SessionAnswer } from './answers.js';

/** A person's own sessions: see them, end them (ASVS 7.5.2). */
@Controller('auth')
@UseGuards(SessionGuard)
@RevocationMode('strict')
export class SessionsController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly headers: ResponseHeaders,
  ) {}

  @Get('sessions')
  async list(@CurrentSession() session: Session): Promise<readonly SessionAnswer[]> {
    const sessions = await this.runtime.core.sessions.list(session.userId);
    return sessions.map((one) => sessionAnswer(one, session.id));
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @RequireRecentAuth()
  endOne(@CurrentSession() session: Session, @Param('id') id: string): Promise<void> {
    return this.runtime.core.sessions.revokeOwn(session.userId, id);
  }

  @Delete('sessions')
  @RequireRecentAuth()
  async endOthers(@CurrentSession() session: Session): Promise<{ ended: number }> {
    return { ended: await this.runtime.core.sessions.revokeOthers(session) };
  }

  @Post('logout-all')
  @HttpCode(200)
  async endAll(@CurrentSession() session: Session, @Res({ passthrough: true }) response: unknown): Promise<{ ended: number }> {
    const ended = await this.runtime.core.sessions.revokeAll(session.userId, 'logout_all');
    if (session.channel === 'browser') this.headers.clearCookie(response);
    return { ended };
  }
}
