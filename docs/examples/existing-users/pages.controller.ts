import { Controller, Get, Header, Post, Redirect, Req, Res, UseGuards } from '@nestjs/common';
import {
  CookieGuard,
  CurrentSession,
  CurrentUser,
  originOf,
  ResponseHeaders,
  SessionService,
  type AuthenticatedUser,
  type HttpRequest,
  type Session,
} from 'nestjs-hybrid-session';

/** A login form of one's own, before the login of the library: a form that is posted is sent on to `/`. */
@Controller()
export class PagesController {
  constructor(
    private readonly sessions: SessionService,
    private readonly headers: ResponseHeaders,
  ) {}

  @Get('login')
  @Header('Content-Type', 'text/html; charset=utf-8')
  form(): string {
    return `<!doctype html><title>Log in</title>
      <form method="post" action="/auth/login">
        <label>E-mail <input name="username" type="email" autocomplete="username" required></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
        <button>Log in</button>
      </form>`;
  }

  @Get()
  @UseGuards(CookieGuard)
  @Header('Content-Type', 'text/html; charset=utf-8')
  home(@CurrentUser() user: AuthenticatedUser, @CurrentSession() session: Session): string {
    const email = user.username.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
    return `<!doctype html><title>Home</title><p>Hello, ${email}</p>
      <form method="post" action="/logout">
        <input type="hidden" name="_csrf" value="${this.sessions.csrfToken(session)}">
        <button>Log out</button>
      </form>`;
  }

  /** For forms; scripts and apps use `POST /auth/logout`. The guard has checked `_csrf`. */
  @Post('logout')
  @UseGuards(CookieGuard)
  @Redirect('/login', 303)
  async logout(
    @CurrentSession() session: Session,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    await this.sessions.revoke(session.id, 'logout', originOf(request));
    this.headers.clearCookie(response);
  }
}
