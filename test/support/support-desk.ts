import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Req, UseGuards } from '@nestjs/common';
import {
  clientOf,
  CurrentSession,
  CurrentUser,
  ForbidImpersonation,
  RequireRecentAuth,
  RequireRoles,
  SessionGuard,
  SessionService,
  type AuthenticatedUser,
  type HttpRequest,
  type Session,
} from 'nestjs-hybrid-session';

/** What a host gives its support staff: acting for a user, and a route that only a user himself may use. */
@Controller()
@UseGuards(SessionGuard)
export class SupportDesk {
  constructor(private readonly sessions: SessionService) {}

  @Post('support/:id')
  @HttpCode(200)
  @RequireRoles('admin')
  @RequireRecentAuth()
  async begin(@Param('id') id: string, @CurrentSession() own: Session, @Req() request: HttpRequest) {
    return this.as(id, own, request);
  }

  /** As {@link begin}, by a host that forgot every guard. */
  @Post('careless/:id')
  @HttpCode(200)
  async careless(@Param('id') id: string, @CurrentSession() own: Session, @Req() request: HttpRequest) {
    return this.as(id, own, request);
  }

  /** As a change of credentials by a host that forgot every guard. */
  @Delete('careless/others')
  async others(@CurrentSession() own: Session) {
    return { ended: await this.sessions.revokeOthers(own) };
  }

  @Post('careless/token/again')
  async token(@CurrentSession() own: Session) {
    return this.sessions.accessToken(own);
  }

  @Get('who')
  who(@CurrentUser() user: AuthenticatedUser) {
    return user;
  }

  /** Behind two guards, one of its class and one of its own: it is told once. */
  @Patch('who')
  @UseGuards(SessionGuard)
  rename() {
    return { renamed: true };
  }

  @Post('in-person')
  @HttpCode(200)
  @ForbidImpersonation()
  inPerson() {
    return { done: true };
  }

  private async as(userId: string, own: Session, request: HttpRequest) {
    const fence = await this.sessions.fence(userId);
    const principal = { username: 'whoever', roles: [] };
    const { token, session } = await this.sessions.impersonate(own, { userId, principal, fence, client: clientOf(request) });
    return { access_token: token, sid: session.id, expiresAt: session.expiresAt };
  }
}
