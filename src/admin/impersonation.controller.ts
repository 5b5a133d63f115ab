import { Controller, HttpCode, Param, Post, Req, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  clientOf,
  CurrentSession,
  ImpersonationForbiddenError,
  RequireRecentAuth,
  RequireRoles,
  sessionAnswer,
  SessionGuard,
  SessionService,
  type HttpRequest,
  type Session,
} from 'nestjs-hybrid-session';
import { Audited, AuditedActs } from '../audit/audited.interceptor.js';
import { principalOf } from '../users/user-principal.js';
import { Users } from '../users/users.service.js';

/** Acting for a user: to see what he sees. Never for another administrator: that would be a way around the trail of one's own acts. */
@Controller('admin/users')
@UseGuards(SessionGuard)
@RequireRoles('admin')
@UseInterceptors(AuditedActs)
export class ImpersonationController {
  constructor(
    private readonly users: Users,
    private readonly sessions: SessionService,
  ) {}

  /** Answers an access token, and nothing that lives longer. */
  @Post(':id/impersonate')
  @HttpCode(200)
  @RequireRecentAuth()
  @Audited({ act: 'admin.impersonated', about: 'user' })
  async impersonate(@Param('id') id: string, @CurrentSession() own: Session, @Req() request: HttpRequest) {
    const { id: known } = await this.users.byId(id);
    const fence = await this.sessions.fence(known); // before the look that decides: what changes from here on is a conflict
    const user = await this.users.byId(known);
    if (user.disabledAt) throw new ImpersonationForbiddenError('This user is disabled.');
    if (user.roles.includes('admin')) throw new ImpersonationForbiddenError('This user is an administrator.');
    const { session, token, expiresIn, tokenType } = await this.sessions.impersonate(own, {
      userId: user.id,
      principal: principalOf(user),
      fence,
      client: clientOf(request),
    });
    return { access_token: token, token_type: tokenType, expires_in: expiresIn, session: sessionAnswer(session, undefined) };
  }
}
