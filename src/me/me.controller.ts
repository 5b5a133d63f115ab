import { Controller, Get, HttpCode, Patch, Post, Req, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  CookieGuard,
  CurrentSession,
  Fields,
  InvalidInputError,
  RequireRecentAuth,
  SessionGuard,
  TokenGuard,
  type HttpRequest,
  type Session,
} from 'nestjs-hybrid-session';
import { Audited, AuditedActs } from '../audit/audited.interceptor.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.service.js';

const DISPLAY_NAME = { max: 100 };
const EMAIL = { max: 254 };

/** Who is asking, from the session alone: no look at the database. */
function caller(session: Session) {
  const { username, roles } = session.principal;
  return { sub: session.userId, channel: session.channel, sid: session.id, username, roles };
}

/** What people see and change of themselves, with the cookie or with a token. */
@Controller()
export class MeController {
  constructor(private readonly users: Users) {}

  @Get('me')
  @UseGuards(SessionGuard)
  async me(@CurrentSession() session: Session) {
    return { ...caller(session), ...profile(await this.users.byId(session.userId)) };
  }

  @Patch('me')
  @UseGuards(SessionGuard)
  async rename(@CurrentSession() session: Session, @Req() request: HttpRequest) {
    const displayName = Fields.of(request, 'either').text('displayName', DISPLAY_NAME).trim();
    if (displayName === '') throw new InvalidInputError('The field displayName is blank.', 'displayName');
    return { ...caller(session), ...profile(await this.users.change(session.userId, { displayName })) };
  }

  /** Where a person is reached decides who can take the account over, so the password must have been proven a short while ago. */
  @Post('me/email')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  @RequireRecentAuth()
  @UseInterceptors(AuditedActs)
  @Audited({ act: 'user.email_changed', about: 'self' })
  async changeEmail(@CurrentSession() session: Session, @Req() request: HttpRequest) {
    const email = Fields.of(request, 'either').text('email', EMAIL);
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new InvalidInputError('The field email is not an address: name@host.', 'email');
    return { ...caller(session), ...profile(await this.users.change(session.userId, { email })) };
  }

  @Get('browser/me')
  @UseGuards(CookieGuard)
  browser(@CurrentSession() session: Session) {
    return caller(session);
  }

  @Get('api/me')
  @UseGuards(TokenGuard)
  api(@CurrentSession() session: Session) {
    return caller(session);
  }
}

function profile({ displayName, email }: User) {
  return { displayName, email };
}
