import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Session } from '../../core/session.js';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { ForbidImpersonation } from '../decorators/forbid-impersonation.decorator.js';
import { RequireRecentAuth } from '../decorators/require-recent-auth.decorator.js';
import { RevocationMode } from '../decorators/revocation-mode.decorator.js';
import { SessionGuard } from '../guards/session.guard.js';
import { SessionRuntime } from '../session-runtime.js';
import type { HttpRequest } from '../transport/http-request.js';
import { originOf } from '../transport/origin-of.js';
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
  async endOne(
    @CurrentSession() session: Session,
    @Param('id') id: string,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    await this.runtime.core.sessions.revokeOwn(session.userId, id, 'revoked', originOf(request));
    if (id === session.id) this.takeBack(session, response);
  }

  @Delete('sessions')
  @RequireRecentAuth()
  async endOthers(@CurrentSession() session: Session, @Req() request: HttpRequest): Promise<{ ended: number }> {
    return { ended: await this.runtime.core.sessions.revokeOthers(session, originOf(request)) };
  }

  @Post('logout-all')
  @ForbidImpersonation()
  @HttpCode(200)
  async endAll(
    @CurrentSession() session: Session,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<{ ended: number }> {
    const ended = await this.runtime.core.sessions.revokeAll(session.userId, { origin: originOf(request) });
    this.takeBack(session, response);
    return { ended };
  }

  /** Takes from a browser what it still holds of its own session, which has ended (ASVS 14.3.1). */
  private takeBack({ channel }: Session, response: unknown): void {
    if (channel === 'browser') this.headers.clearCookie(response);
  }
}
