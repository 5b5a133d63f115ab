import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Session } from '../../core/session.js';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { Public } from '../decorators/public.decorator.js';
import { RevocationMode } from '../decorators/revocation-mode.decorator.js';
import { CookieGuard } from '../guards/session.guard.js';
import { PasswordGuard, passwordCheckOf, passwordLoginOf, proofOf } from '../login/password.guard.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { clientOf } from '../transport/request-credential.js';
import { Answers, type BrowserAnswer, type TokenAnswer } from './answers.js';
import { JsonOnlyGuard } from '../guards/json-only.guard.js';

const DEVICE = { max: 100 };
const CLIENT_ID = { max: 128 };

/** Tokens: for an app that logs in with a password, and for the scripts of a page that holds the cookie. */
@Controller('auth')
export class TokenController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly answers: Answers,
  ) {
    passwordCheckOf(runtime); // without accounts the application must not start
  }

  @Post('token')
  @Public()
  @HttpCode(200)
  @UseGuards(JsonOnlyGuard, PasswordGuard)
  async login(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<BrowserAnswer | TokenAnswer> {
    const fields = Fields.of(request, 'json');
    const device = fields.optionalText('device', DEVICE);
    const clientId = fields.optionalText('client_id', CLIENT_ID);
    const { sessions, clients } = this.runtime.core;
    const client = clientId === undefined ? undefined : clients.identify({ id: clientId });
    const issued = await passwordCheckOf(this.runtime).withProof(
      passwordLoginOf(request),
      ({ account, fence }) =>
        sessions.open({
          userId: account.userId,
          principal: account.principal,
          fence,
          channel: 'api',
          client: clientOf(request),
          device,
          clientId: client?.id,
          scope: client?.scope,
          endOthers: fields.flag('endOthers'),
        }),
      proofOf(request),
    );
    return this.answers.issued(issued, response);
  }

  /** An access token of the cookie's own session. No refresh token: the cookie is what keeps the session (ASVS 10.1.1). */
  @Post('session/token')
  @HttpCode(200)
  @RevocationMode('strict')
  @UseGuards(CookieGuard)
  async ofSession(@CurrentSession() session: Session): Promise<TokenAnswer> {
    const { token, expiresIn } = await this.runtime.core.sessions.accessToken(session);
    return { access_token: token, token_type: 'Bearer', expires_in: expiresIn };
  }
}
