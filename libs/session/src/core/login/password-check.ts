import { FencedError, InvalidCredentialsError, TooManyAttemptsError } from '../errors.js';
import type { SessionEventListener } from '../events.js';
import type { Accounts, VerifiedAccount } from '../ports/accounts.js';
import type { Clock } from '../ports/clock.js';
import type { Fence } from '../ports/session-store.js';
import type { LoginThrottle } from './login-throttle.js';

/** A password that was right, and the fence as it stood *before* it was checked: what `SessionService.open` asks for (P2). */
export interface PasswordProof {
  readonly account: VerifiedAccount;
  readonly fence: Fence;
}

/** What a person typed, and from where. */
export interface PasswordLogin {
  readonly username: string;
  readonly password: string;
  readonly address: string;
}

/**
 * The one way to check a password: every password door (login, token, re-authentication, password change) comes through here and
 * shares one throttle. The order is the protection: count, then fence, then check. A password change that happens in between
 * moves the fence, and what this proof would open is refused.
 */
export class PasswordCheck {
  constructor(
    private readonly accounts: Accounts,
    private readonly fence: (userId: string) => Promise<Fence>,
    private readonly throttle: LoginThrottle,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
  ) {}

  /**
   * Checks a name and a password.
   * @throws InvalidCredentialsError for unknown name, wrong password and stopped account alike
   * @throws TooManyAttemptsError
   * @throws StoreUnavailableError
   */
  async verify(username: string, password: string, address: string): Promise<PasswordProof> {
    const userId = await this.accounts.idOf(username);
    const attempt = { username, address };
    const about = { at: this.clock.now(), address, ...(userId ? { userId } : {}) };
    try {
      await this.throttle.attempt(attempt);
    } catch (error) {
      if (error instanceof TooManyAttemptsError) this.emit({ type: 'login.throttled', ...about });
      throw error;
    }
    const { account, fence } = await this.judge(userId, password).catch(async (error: unknown) => {
      await this.throttle.withdraw(attempt).catch(() => undefined); // the first reason is the one to tell
      throw error;
    });
    if (!account) {
      this.emit({ type: 'login.failed', ...about });
      throw new InvalidCredentialsError();
    }
    await this.throttle.succeeded(attempt);
    return { account, fence };
  }

  /**
   * Does something with a proof; when the fence moved meanwhile, checks the password once more and tries again (design §11).
   * @throws InvalidCredentialsError when the password is no longer right, or the fence moved a second time
   */
  async withProof<T>(login: PasswordLogin, act: (proof: PasswordProof) => Promise<T>, proof?: PasswordProof): Promise<T> {
    const verify = () => this.verify(login.username, login.password, login.address);
    try {
      return await act(proof ?? (await verify()));
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
    }
    try {
      return await act(await verify());
    } catch (error) {
      throw error instanceof FencedError ? new InvalidCredentialsError() : error;
    }
  }

  private async judge(
    userId: string | undefined,
    password: string,
  ): Promise<{ account: VerifiedAccount | undefined; fence: Fence }> {
    // A fence for nobody keeps the work, and so the time, the same for unknown names.
    const fence = await this.fence(userId ?? 'nobody');
    const account = await this.accounts.verifyPassword(userId, password);
    return { account, fence };
  }
}
