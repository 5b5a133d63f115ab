import { Controller, Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { InvalidSessionError, InvalidTokenError } from '../../core/errors.js';
import type { PasswordProof } from '../../core/login/password-check.js';
import type { IssuedSession } from '../../core/issued-session.js';
import type { Session } from '../../core/session.js';
import type { OpenRequest } from '../../core/session-opener.js';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { Public } from '../decorators/public.decorator.js';
import { CsrfProtection } from '../guards/csrf-protection.js';
import { LoginOriginGuard } from '../guards/login-origin.guard.js';
import { CookieGuard } from '../guards/session.guard.js';
import { passwordCheckOf, PasswordGuard, passwordLoginOf, proofOf } from '../login/password.guard.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields, isForm } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { clientOf, credentialOf } from '../transport/request-credential.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { Answers, browserAnswer, type BrowserAnswer, type TokenAnswer } from './answers.js';

/** What a person may ask for with a login. */
type LoginWishes = Pick<OpenRequest, 'remember' | 'endOthers'>;

/** Where a form login goes on to. */
const AFTER_FORM_LOGIN = '/';

/** Logging in and out with the browser. */
@Controller('auth')
export class LoginController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly csrf: CsrfProtection,
    private readonly headers: ResponseHeaders,
    private readonly answers: Answers,
  ) {}

  @Post('login')
  @Public()
  @HttpCode(200)
  @UseGuards(LoginOriginGuard, PasswordGuard)
  async login(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<BrowserAnswer | TokenAnswer | ''> {
    const fields = Fields.of(request, 'either');
    const wishes = { remember: fields.flag('remember'), endOthers: fields.flag('endOthers') };
    await this.endReplaced(request);
    const issued = await passwordCheckOf(this.runtime).withProof(
      passwordLoginOf(request),
      (proof) => this.open(proof, wishes, request),
      proofOf(request),
    );
    const answer = this.answers.issued(issued, response);
    if (!isForm(request)) return answer;
    this.headers.redirect(response, AFTER_FORM_LOGIN);
    return '';
  }

  @Get('session')
  @UseGuards(CookieGuard)
  current(@CurrentSession() session: Session): BrowserAnswer {
    return browserAnswer(session, this.runtime.core.sessions.csrfToken(session));
  }

  /** Ends the session of the request. Idempotent: without a live session there is nothing to end, and that is no error. */
  @Post('logout')
  @Public()
  @HttpCode(204)
  async logout(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<void> {
    this.headers.noStore(response);
    const credential = credentialOf(request, this.runtime.options.cookie.name);
    if (credential.kind === 'token') return this.logoutToken(credential.value, request);
    this.csrf.refuseForeign(request);
    if (credential.kind === 'cookie') await this.logoutCookie(credential.value, request);
    this.headers.clearCookie(response);
  }

  private async logoutCookie(cookie: string, request: HttpRequest): Promise<void> {
    const { sessions } = this.runtime.core;
    const session = await orDead(sessions.authenticateCookie(cookie, clientOf(request)));
    if (!session) return;
    this.csrf.check(request, session);
    await sessions.revoke(session.id, 'logout');
  }

  private async logoutToken(token: string, request: HttpRequest): Promise<void> {
    const { sessions } = this.runtime.core;
    if (!(await sessions.isGenuineToken(token))) throw new InvalidTokenError();
    const session = await orDead(sessions.authenticateToken(token, clientOf(request)));
    if (session) await sessions.revoke(session.id, 'logout');
  }

  /** A login over a live session ends that one: otherwise it would live on, out of reach, after its cookie is overwritten. */
  private async endReplaced(request: HttpRequest): Promise<void> {
    const { sessions } = this.runtime.core;
    const credential = credentialOf(request, this.runtime.options.cookie.name);
    if (credential.kind !== 'cookie') return;
    const older = await orDead(sessions.authenticateCookie(credential.value, clientOf(request)));
    if (older) await sessions.revoke(older.id, 'replaced');
  }

  private open({ account, fence }: PasswordProof, wishes: LoginWishes, request: HttpRequest): Promise<IssuedSession> {
    return this.runtime.core.sessions.open({
      userId: account.userId,
      principal: account.principal,
      fence,
      channel: 'browser',
      client: clientOf(request),
      ...wishes,
    });
  }
}

/** A session, or `undefined` when its credential is good for nothing any more. A store that is away stays an error. */
async function orDead(session: Promise<Session>): Promise<Session | undefined> {
  try {
    return await session;
  } catch (error) {
    if (error instanceof InvalidSessionError || error instanceof InvalidTokenError) return undefined;
    throw error;
  }
}
