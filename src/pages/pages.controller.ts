import { Controller, Get, Header, Query, Res, UseFilters, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CookieGuard, CurrentSession, Public, SessionService, type Session } from 'nestjs-hybrid-session';
import { homePage } from './home-page.js';
import { PAGE_HEADERS } from './layout.js';
import { loginPage } from './login-page.js';
import { SITE_CSS, SITE_JS } from './site-assets.js';
import { ToLoginFilter } from './to-login.filter.js';

/** The one reason that may stand in the address: whatever else anybody writes there is shown to nobody. */
const EVICTED = 'You were logged out because you logged in on too many other devices.';
const AN_HOUR = 'public, max-age=3600';

/** The few pages for people. */
@Controller()
export class PagesController {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly sessions: SessionService,
  ) {}

  @Get('login')
  @Public()
  login(@Query('reason') reason: unknown, @Res({ passthrough: true }) response: unknown): string {
    this.asPage(response);
    return loginPage(reason === 'evicted' ? { message: EVICTED } : undefined);
  }

  @Get()
  @UseGuards(CookieGuard)
  @UseFilters(ToLoginFilter)
  async home(@CurrentSession() session: Session, @Res({ passthrough: true }) response: unknown): Promise<string> {
    const sessions = await this.sessions.list(session.userId);
    this.asPage(response);
    return homePage(session, sessions, this.sessions.csrfToken(session));
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

  private asPage(response: unknown): void {
    for (const [name, value] of Object.entries(PAGE_HEADERS)) this.host.httpAdapter.setHeader(response, name, value);
  }
}
