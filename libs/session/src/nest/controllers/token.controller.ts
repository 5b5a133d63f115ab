import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Session } from '../../core/session.js';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { Public } from '../decorators/public.decorator.js';
import { RevocationMode } from '../decorators/revocation-mode.decorator.js';
import { CookieGuard } from '../guards/session.guard.js';
import { LoginProofGuard, loginProofOf } from '../login/login-proof.guard.js';
import { PasswordGuard, passwordCheckOf, passwordLoginOf, proofOf } from '../login/password.guard.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { originOf } from '../transport/origin-of.js';
import { clientOf } from '../transport/request-credential.js';
import { presentedProofOf } from '../transport/request-proof.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { Answers, type BrowserAnswer, type TokenAnswer } from './answers.js';
import { JsonOnlyGuard } from '../guards/json-only.guard.js';
import { LoginClientGuard, loginClientOf } from './login-client.guard.js';

const DEVICE = { max: 100 };

/** Tokens: for an app that logs in with a password, and for the scripts of a page that holds the cookie. */
@Controller('auth')
export class TokenController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly answers: Answers,
    private readonly headers: ResponseHeaders,
  ) {
    passwordCheckOf(runtime); // without accounts the application must not start
  }

  @Post('token')
  @Public()
  @HttpCode(200)
  @UseGuards(JsonOnlyGuard, LoginProofGuard, LoginClientGuard, PasswordGuard)
  async login(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<BrowserAnswer | TokenAnswer> {
    const fields = Fields.of(request, 'json');
    const device = fields.optionalText('device', DEVICE);
    const { sessions, devices, dpop } = this.runtime.core;
    const proof = loginProofOf(request);
    const client = loginClientOf(request);
    if (proof) await dpop.spend(proof, clientOf(request));
    const { issued, knownAs: known } = await passwordCheckOf(this.runtime).withProof(
      passwordLoginOf(request, this.runtime),
      async ({ account, fence, device: knownAs }) => ({
        knownAs,
        issued: await sessions.open({
          userId: account.userId,
          principal: account.principal,
          fence,
          channel: 'api',
          client: clientOf(request),
          device,
          newDevice: knownAs === undefined,
          clientId: client?.id,
          scope: client?.scope,
          endOthers: fields.flag('endOthers'),
          dpopThumbprint: proof?.thumbprint,
        }),
      }),
      proofOf(request),
    );
    if (proof) this.headers.offerNonce(response);
    const deviceSecret = devices.issue(issued.session.userId, this.runtime.clock.now(), known);
    return { ...this.answers.issued(issued, response), device_secret: deviceSecret };
  }

  /**
   * An access token of the cookie's own session; with a proof, bound to its key (RFC 9449). No refresh token: the cookie is what keeps the
   * session (ASVS 10.1.1).
   */
  @Post('session/token')
  @HttpCode(200)
  @RevocationMode('strict')
  @UseGuards(CookieGuard)
  async ofSession(
    @CurrentSession() session: Session,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokenAnswer> {
    const { sessions, dpop } = this.runtime.core;
    const proof = await dpop.verifyFirst(presentedProofOf(request), session.clientId, clientOf(request));
    if (proof) {
      await dpop.spend(proof, clientOf(request), { sessionId: session.id, userId: session.userId });
      this.headers.offerNonce(response);
    }
    const { token, expiresIn } = await sessions.accessToken(session, originOf(request), proof?.thumbprint);
    return { access_token: token, token_type: proof ? 'DPoP' : 'Bearer', expires_in: expiresIn };
  }
}
