import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { InvalidCredentialsError } from '../../core/errors.js';
import type { PasswordLogin, PasswordProof } from '../../core/login/password-check.js';
import type { Session } from '../../core/session.js';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { RevocationMode } from '../decorators/revocation-mode.decorator.js';
import { SessionGuard } from '../guards/session.guard.js';
import { PASSWORD, passwordCheckOf } from '../login/password.guard.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { clientOf } from '../transport/request-credential.js';
import { Answers, type BrowserAnswer, type TokenAnswer } from './answers.js';

/** What a signed-in person does with the password: prove it again, and change it. Both give the session a new secret. */
@Controller('auth')
@UseGuards(SessionGuard)
@RevocationMode('strict')
export class CredentialsController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly answers: Answers,
  ) {
    passwordCheckOf(runtime); // without accounts the application must not start
  }

  @Post('reauthenticate')
  @HttpCode(200)
  async reauthenticate(
    @Req() request: HttpRequest,
    @CurrentSession() session: Session,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<BrowserAnswer | TokenAnswer> {
    const password = Fields.of(request, 'either').text('password', PASSWORD);
    const issued = await this.withProof(session, password, request, ({ fence }) =>
      this.runtime.core.sessions.reauthenticate(session, fence),
    );
    return this.answers.issued(issued, response);
  }

  /** Changes the password; every other session of the user, and every login under way with the old one, is dead (P2). */
  @Post('password')
  @HttpCode(200)
  async changePassword(
    @Req() request: HttpRequest,
    @CurrentSession() session: Session,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<BrowserAnswer | TokenAnswer> {
    const fields = Fields.of(request, 'either');
    const current = fields.text('currentPassword', PASSWORD);
    const next = fields.text('newPassword', PASSWORD);
    await this.withProof(session, current, request, async ({ account }) => {
      await this.runtime.core.sessions.moveFence(account.userId); // a store that is away must say so before the change
      const changed = await this.runtime.accounts?.changePassword(account.userId, next, account.passwordVersion);
      if (!changed) throw new InvalidCredentialsError(); // someone else changed it since it was verified
    });
    return this.answers.issued(await this.runtime.core.sessions.passwordChanged(session), response);
  }

  private withProof<T>(
    session: Session,
    password: string,
    request: HttpRequest,
    act: (proof: PasswordProof) => Promise<T>,
  ): Promise<T> {
    const { username } = session.principal;
    const login: PasswordLogin = { username, password, address: clientOf(request).address };
    return passwordCheckOf(this.runtime).withProof(login, async (proof) => {
      if (proof.account.userId !== session.userId) throw new InvalidCredentialsError();
      return act(proof);
    });
  }
}
