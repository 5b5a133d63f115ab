import { Controller, Get, Header, Query, Res, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Clock, CookieGuard, CurrentSession, Public, SessionService, SystemClock, type Session } from 'nestjs-hybrid-session';
import { AppConfig } from '../config/app-config.js';
import { devicesPage } from './devices-page.js';
import { PAGE_HEADERS, type Account } from './layout.js';
import { loginPage } from './login-page.js';
import { doneOf, reasonOf } from './notices.js';
import { passwordPage } from './password-page.js';
import { SITE_CSS, SITE_ICON, SITE_JS } from './site-assets.js';

const AN_HOUR = 'public, max-age=3600';

/** The few pages for people. */
@Controller()
export class PagesController {
  private readonly clock: Clock;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly sessions: SessionService,
    config: AppConfig,
  ) {
    this.clock = config.sessions.clock ?? new SystemClock();
  }

  @Get('login')
  @Public()
  login(@Query('reason') reason: unknown, @Res({ passthrough: true }) response: unknown): string {
    this.asPage(response);
    return loginPage(reasonOf(reason));
  }

  @Get()
  @UseGuards(CookieGuard)
  async devices(
    @CurrentSession() session: Session,
    @Query('done') done: unknown,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<string> {
    const sessions = await this.sessions.list(session.userId);
    this.asPage(response);
    return devicesPage(this.accountOf(session), { sessions, now: this.clock.now(), done: doneOf(done) });
  }

  @Get('password')
  @UseGuards(CookieGuard)
  password(@CurrentSession() session: Session, @Res({ passthrough: true }) response: unknown): string {
    this.asPage(response);
    return passwordPage(this.accountOf(session));
  }

  @Get('assets/site.css')
  @Public()
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', AN_HOUR)
  style(): string {
    return SITE_CSS;
  }

  @Get('assets/site.js')
  @Public()
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  @Header('Cache-Control', AN_HOUR)
  script(): string {
    return SITE_JS;
  }

  @Get('assets/icon.svg')
  @Public()
  @Header('Content-Type', 'image/svg+xml')
  @Header('Cache-Control', AN_HOUR)
  icon(): string {
    return SITE_ICON;
  }

  private accountOf(session: Session): Account {
    return { session, csrfToken: this.sessions.csrfToken(session) };
  }

  private asPage(response: unknown): void {
    for (const [name, value] of Object.entries(PAGE_HEADERS)) this.host.httpAdapter.setHeader(response, name, value);
  }
}
