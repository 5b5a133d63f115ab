import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ConflictError, FencedError } from '../../core/errors.js';
import type { PasswordPurpose } from '../../core/events.js';
import type { PasswordLogin, PasswordProof } from '../../core/login/password-check.js';
import type { Origin } from '../../core/origin.js';
import type { PasswordEnding } from '../../core/password-ending.js';
import type { VerifiedAccount } from '../../core/ports/accounts.js';
import type { Session } from '../../core/session.js';
import { BY_PASSWORD } from '../../core/session-renewer.js';
import { AllowChangedClient } from '../decorators/allow-changed-client.decorator.js';
import { CurrentSession } from '../decorators/current-session.decorator.js';
import { ForbidImpersonation } from '../decorators/forbid-impersonation.decorator.js';
import { RevocationMode } from '../decorators/revocation-mode.decorator.js';
import { SessionGuard } from '../guards/session.guard.js';
import { PASSWORD, passwordCheckOf } from '../login/password.guard.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { originOf } from '../transport/origin-of.js';
import { clientOf } from '../transport/request-credential.js';
import { Answers, type BrowserAnswer, type TokenAnswer } from './answers.js';

/** How often a change of password is tried whose session others keep changing. */
const ATTEMPTS = 5;

/** What a signed-in person does with the password: prove it again, and change it. Both give the session a new secret. */
@Controller('auth')
@UseGuards(SessionGuard)
@ForbidImpersonation()
@RevocationMode('strict')
export class CredentialsController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly answers: Answers,
  ) {
    passwordCheckOf(runtime); // without accounts the application must not start
  }

  @Post('reauthenticate')
  @AllowChangedClient()
  @HttpCode(200)
  async reauthenticate(
    @Req() request: HttpRequest,
    @CurrentSession() session: Session,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<BrowserAnswer | TokenAnswer> {
    const password = Fields.of(request, 'either').text('password', PASSWORD);
    const issued = await this.withProof('reauthentication', session, password, request, ({ fence }) =>
      this.runtime.core.sessions.reauthenticate(session, fence, BY_PASSWORD, clientOf(request)),
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
    const ending = await this.withProof('password_change', session, current, request, ({ account }) =>
      this.change(session, account, next, originOf(request)),
    );
    return this.answers.issued(await ending.complete(), response);
  }

  /** Sets the new password, and with it, in one transaction where that can be had, ends what the old one has opened. */
  private async change(session: Session, account: VerifiedAccount, password: string, origin: Origin): Promise<PasswordEnding> {
    for (let attempt = 1; ; attempt += 1) {
      // A store that is away says so before the change.
      const ending = await this.runtime.core.sessions.passwordEnding(session, BY_PASSWORD, origin);
      try {
        const { userId, passwordVersion } = account;
        const changed = await this.runtime.accounts?.changePassword(userId, password, passwordVersion, (transaction) =>
          ending.within(transaction),
        );
        if (!changed) throw new FencedError(); // someone else changed it since it was verified
        return ending;
      } catch (error) {
        if (!(error instanceof ConflictError) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private withProof<T>(
    purpose: PasswordPurpose,
    session: Session,
    password: string,
    request: HttpRequest,
    act: (proof: PasswordProof) => Promise<T>,
  ): Promise<T> {
    const { id: sessionId, userId, principal } = session;
    const { address } = clientOf(request);
    const login: PasswordLogin = { username: principal.username, password, address, sessionId, userId, purpose };
    return passwordCheckOf(this.runtime).withProof(login, act);
  }
}
