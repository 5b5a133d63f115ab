import { Controller, Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { InvalidSessionError, SessionEvictedError } from '../../core/errors.js';
import type { PasswordProof } from '../../core/login/password-check.js';
import type { IssuedSession } from '../../core/issued-session.js';
import { parseCredential } from '../../core/secrets/credential.js';
import type { Session } from '../../core/session.js';
import type { OpenRequest } from '../../core/session-opener.js';
import { AllowChangedClient } from '../decorators/allow-changed-client.decorator.js';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { Public } from '../decorators/public.decorator.js';
import { CsrfProtection } from '../guards/csrf-protection.js';
import { LoginOriginGuard } from '../guards/login-origin.guard.js';
import { CookieGuard } from '../guards/session.guard.js';
import { passwordCheckOf, PasswordGuard, passwordLoginOf, proofOf } from '../login/password.guard.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields, isForm } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { clientOf, cookiesOf, credentialOf } from '../transport/request-credential.js';
import { originOf } from '../transport/origin-of.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { FormerCookies } from '../upgrade/former-cookies.js';
import { Visitors } from '../visitors/visitors.js';
import { Answers, browserAnswer, type BrowserAnswer, type TokenAnswer } from './answers.js';

/** What a person may ask for with a login. */
type LoginWishes = Pick<OpenRequest, 'remember' | 'endOthers' | 'data'>;

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
    private readonly visitors: Visitors,
    private readonly former: FormerCookies,
  ) {
    passwordCheckOf(runtime); // without accounts the application must not start
  }

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
    const { issued, device } = await passwordCheckOf(this.runtime).withProof(
      passwordLoginOf(request, this.runtime),
      async (proof) => ({
        issued: await this.visitors.logIn(request, response, (data) =>
          this.replaceSession(request, proof.account.userId, () => this.open(proof, { ...wishes, data }, request)),
        ),
        device: proof.device,
      }),
      proofOf(request),
    );
    await this.former.end(request, response);
    const answer = this.answers.issued(issued, response);
    const { core, clock } = this.runtime;
    this.headers.setDeviceCookie(response, core.devices.issue(issued.session.userId, clock.now(), device));
    if (!isForm(request)) return answer;
    this.headers.redirect(response, AFTER_FORM_LOGIN);
    return '';
  }

  /** Open to a changed client too: it needs the CSRF token to prove itself again. */
  @Get('session')
  @AllowChangedClient()
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
    if (credential.kind === 'token') {
      if (credential.proof) this.headers.offerNonce(response);
      return this.runtime.core.tokens.logout(credential.value, clientOf(request), credential.proof);
    }
    this.csrf.refuseForeign(request);
    const live = await this.liveSessions(request);
    // Also where the cookie stands twice: whoever tossed in another one, be it of a session of his own, must not keep this person logged in.
    const own = live.filter((session) => this.csrf.holds(request, session));
    if (live[0] && own.length === 0) this.csrf.check(request, live[0]);
    for (const { id } of own) await this.runtime.core.sessions.revoke(id, 'logout', originOf(request));
    await this.former.end(request, response);
    this.headers.clearCookie(response);
  }

  /**
   * Opens a session and ends the one whose cookie it overwrites: that one would live on, out of reach. The same person's older
   * session goes first, so that it does not count; another person's only when the login has succeeded.
   */
  private async replaceSession(request: HttpRequest, userId: string, open: () => Promise<IssuedSession>): Promise<IssuedSession> {
    const { sessions } = this.runtime.core;
    const live = await this.liveSessions(request);
    const own = live.filter((session) => session.userId === userId);
    const [other] = live.length === 1 ? live.filter((session) => session.userId !== userId) : []; // of several, one was tossed in
    for (const { id } of own) await sessions.revoke(id, 'replaced', originOf(request));
    const issued = await open();
    if (other) await sessions.revoke(other.id, 'replaced', originOf(request));
    return issued;
  }

  /** Those of the cookies: several where somebody has tossed one in. */
  private async liveSessions(request: HttpRequest): Promise<readonly Session[]> {
    const all = cookiesOf(request, this.runtime.options.cookie.name);
    const formed = all.filter((cookie) => parseCredential('cookie', cookie) !== undefined); // as many as fit into the headers
    const cookies = formed.length > 0 ? formed : all.slice(0, 1); // of what is none of ours one is told, not a hundred
    const { sessions } = this.runtime.core;
    const found = await Promise.all(
      cookies.map((cookie) => orDead(sessions.authenticateCookie(cookie, clientOf(request), 'strict', true))),
    );
    return found.filter((session) => session !== undefined);
  }

  private open({ account, fence, device }: PasswordProof, wishes: LoginWishes, request: HttpRequest): Promise<IssuedSession> {
    return this.runtime.core.sessions.open({
      userId: account.userId,
      principal: account.principal,
      fence,
      channel: 'browser',
      client: clientOf(request),
      newDevice: device === undefined,
      ...wishes,
    });
  }
}

/** A session, or `undefined` when its credential is good for nothing any more. A store that is away stays an error. */
async function orDead(session: Promise<Session>): Promise<Session | undefined> {
  try {
    return await session;
  } catch (error) {
    if (error instanceof InvalidSessionError || error instanceof SessionEvictedError) return undefined;
    throw error;
  }
}
