import { Controller, Get, HttpCode, Param, Post, Put, Req, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  CurrentSession,
  Fields,
  ForbiddenError,
  InvalidInputError,
  LoginThrottle,
  originOf,
  RequireRecentAuth,
  RequireRoles,
  SessionGuard,
  SessionService,
  type HttpRequest,
  type Session,
} from 'nestjs-hybrid-session';
import { Audited, AuditedActs } from '../audit/audited.interceptor.js';
import { Users } from '../users/users.service.js';
import { RoleChanges } from './role-changes.service.js';
import { userAnswer } from './user-answer.js';

const NAME = { max: 100 };
const EMAIL = { max: 254 };
const PASSWORD = { max: 1024 };
const OWN_RIGHTS = 'Your own administration you cannot give up: another administrator takes it from you, so that one is left.';
const OWN_PASSWORD = 'Your own password you change with POST /auth/password, which asks for the current one.';

/**
 * Administration of people. What takes rights away also ends the sessions that hold them: in the same transaction where the store
 * can join it, and else after the change, so that whoever logs in meanwhile is caught too. Whatever changes something asks for a recent
 * authentication: a stolen cookie alone makes nobody an administrator for good.
 */
@Controller('admin/users')
@UseGuards(SessionGuard)
@RequireRoles('admin')
@UseInterceptors(AuditedActs)
export class AdminUsersController {
  constructor(
    private readonly users: Users,
    private readonly sessions: SessionService,
    private readonly throttle: LoginThrottle,
    private readonly roles: RoleChanges,
  ) {}

  @Get()
  @Audited({ act: 'admin.users_read' })
  async list() {
    return (await this.users.list()).map(userAnswer);
  }

  @Post()
  @RequireRecentAuth()
  @Audited({ act: 'user.created', about: 'answer' })
  async create(@Req() request: HttpRequest) {
    const fields = Fields.of(request, 'json');
    const user = await this.users.create({
      username: fields.text('username', NAME),
      password: fields.text('password', PASSWORD),
      roles: rolesOf(request.body, []),
      displayName: fields.optionalText('displayName', NAME),
      email: fields.optionalText('email', EMAIL),
    });
    return userAnswer(user);
  }

  /** Takes effect at the next request of every session of the user, who stays logged in (ASVS 8.3.2). */
  @Put(':id/roles')
  @RequireRecentAuth()
  @Audited({ act: 'user.roles_changed', about: 'user' })
  async changeRoles(@Param('id') id: string, @CurrentSession() own: Session, @Req() request: HttpRequest) {
    Fields.of(request, 'json');
    const roles = rolesOf(request.body);
    if (id === own.userId && !roles.includes('admin')) throw new ForbiddenError(OWN_RIGHTS);
    const { user, sessions } = await this.roles.change(id, roles, originOf(request));
    return { user: userAnswer(user), sessions };
  }

  @Post(':id/disable')
  @HttpCode(200)
  @RequireRecentAuth()
  @Audited({ act: 'user.disabled', about: 'user' })
  async disable(@Param('id') id: string, @CurrentSession() own: Session, @Req() request: HttpRequest) {
    if (id === own.userId) throw new ForbiddenError(OWN_RIGHTS);
    const ending = this.sessions.userEnding(id, 'account_disabled', originOf(request));
    const user = await this.users.disable(id, (transaction) => ending.within(transaction));
    return { user: userAnswer(user), ended: await ending.complete() };
  }

  @Post(':id/enable')
  @HttpCode(200)
  @RequireRecentAuth()
  @Audited({ act: 'user.enabled', about: 'user' })
  async enable(@Param('id') id: string) {
    return { user: userAnswer(await this.users.enable(id)) };
  }

  /** A reset for someone else who lost the password, or whose password somebody else knows. */
  @Post(':id/password')
  @HttpCode(200)
  @RequireRecentAuth()
  @Audited({ act: 'user.password_reset', about: 'user' })
  async resetPassword(@Param('id') id: string, @CurrentSession() own: Session, @Req() request: HttpRequest) {
    if (id === own.userId) throw new ForbiddenError(OWN_PASSWORD);
    const password = Fields.of(request, 'json').text('newPassword', PASSWORD);
    const ending = this.sessions.userEnding(id, 'password_reset', originOf(request));
    const user = await this.users.resetPassword(id, password, (transaction) => ending.within(transaction));
    const ended = await ending.complete();
    await this.throttle.lift(user.username);
    return { user: userAnswer(user), ended };
  }
}

/** The one field that is a list of texts. A new user may go without; a change names them, so that a slip takes nobody's rights. */
function rolesOf(body: unknown, ifMissing?: readonly string[]): readonly string[] {
  const roles: unknown = typeof body === 'object' && body !== null && 'roles' in body ? body.roles : ifMissing;
  if (Array.isArray(roles) && roles.length <= 20 && roles.every((role) => typeof role === 'string')) return [...new Set(roles)];
  throw new InvalidInputError('The field roles must be a list of role names.', 'roles');
}
