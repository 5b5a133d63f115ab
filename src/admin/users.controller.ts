import { Controller, Get, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { Fields, InvalidInputError, LoginThrottle, SessionGuard, SessionService, type HttpRequest } from 'nestjs-hybrid-session';
import { Users } from '../users/users.service.js';
import { Roles, RolesGuard } from './roles.guard.js';
import { userAnswer } from './user-answer.js';

const NAME = { max: 100 };
const EMAIL = { max: 254 };
const PASSWORD = { max: 1024 };

/**
 * Administration of people. What takes rights away also ends the sessions that hold them, after the change: so whoever logs in
 * meanwhile is caught too.
 */
@Controller('admin/users')
@UseGuards(SessionGuard, RolesGuard)
@Roles('admin')
export class AdminUsersController {
  constructor(
    private readonly users: Users,
    private readonly sessions: SessionService,
    private readonly throttle: LoginThrottle,
  ) {}

  @Get()
  async list() {
    return (await this.users.list()).map(userAnswer);
  }

  @Post()
  async create(@Req() request: HttpRequest) {
    const fields = Fields.of(request, 'json');
    const user = await this.users.create({
      username: fields.text('username', NAME),
      password: fields.text('password', PASSWORD),
      roles: rolesOf(request.body),
      displayName: fields.optionalText('displayName', NAME),
      email: fields.optionalText('email', EMAIL),
    });
    return userAnswer(user);
  }

  @Post(':id/disable')
  @HttpCode(200)
  async disable(@Param('id') id: string) {
    const user = await this.users.setDisabled(id, true);
    return { user: userAnswer(user), ended: await this.sessions.revokeAll(user.id, 'account_disabled') };
  }

  @Post(':id/enable')
  @HttpCode(200)
  async enable(@Param('id') id: string) {
    return { user: userAnswer(await this.users.setDisabled(id, false)) };
  }

  /** A reset for someone who lost the password, or whose password somebody else knows. */
  @Post(':id/password')
  @HttpCode(200)
  async resetPassword(@Param('id') id: string, @Req() request: HttpRequest) {
    const user = await this.users.resetPassword(id, Fields.of(request, 'json').text('newPassword', PASSWORD));
    const ended = await this.sessions.revokeAll(user.id, 'password_reset');
    await this.throttle.lift(user.username);
    return { user: userAnswer(user), ended };
  }
}

/** The one field that is a list of texts. */
function rolesOf(body: unknown): readonly string[] {
  const roles: unknown = typeof body === 'object' && body !== null && 'roles' in body ? body.roles : [];
  if (Array.isArray(roles) && roles.length <= 20 && roles.every((role) => typeof role === 'string')) return [...new Set(roles)];
  throw new InvalidInputError('The field roles must be a list of role names.', 'roles');
}
