import { FencedError, InvalidCredentialsError, TooManyAttemptsError } from '../errors.js';
import type { PasswordPurpose, SessionEventListener } from '../events.js';
import type { Accounts, VerifiedAccount } from '../ports/accounts.js';
import type { Clock } from '../ports/clock.js';
import type { Fence } from '../ports/session-store.js';
import type { DeviceSecrets } from '../secrets/device-secrets.js';
import type { CountedAttempt, LoginAttempt, LoginThrottle } from './login-throttle.js';

/** A password that was right, and the fence as it stood *before* it was checked: what `SessionService.open` asks for (P2). */
export interface PasswordProof {
  readonly account: VerifiedAccount;
  readonly fence: Fence;
  /** The id of the device, when this user had logged in with it before. */
  readonly device: string | undefined;
}

/** What a person typed, from where, and what shows that it is not a stranger. */
export interface PasswordLogin {
  readonly username: string;
  readonly password: string;
  readonly address: string;
  /** The device secret of an earlier login, as it was presented. */
  readonly deviceSecret?: string | undefined;
  /** The live session that asks, where its own password is proven again. */
  readonly sessionId?: string | undefined;
  /** Whose password it must be, where that is known. */
  readonly userId?: string | undefined;
  /** At which door: told in the audit trail. Default: `login`. */
  readonly purpose?: PasswordPurpose | undefined;
}

/** Stands for the user of an unknown name. */
const NOBODY = 'nobody';

interface About {
  readonly at: number;
  readonly address: string;
  readonly userId?: string;
}

interface AtTheDoor extends About {
  readonly purpose: PasswordPurpose;
  readonly sessionId?: string;
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
    private readonly devices: DeviceSecrets,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
  ) {}

  /**
   * Checks a name and a password.
   * @throws InvalidCredentialsError for unknown name, wrong password and stopped account alike
   * @throws TooManyAttemptsError
   * @throws StoreUnavailableError
   */
  async verify(login: PasswordLogin): Promise<PasswordProof> {
    const { proof, failures } = await this.check(login);
    this.tellSuccess(login, proof, failures);
    return proof;
  }

  /**
   * Does something with a proof; when the fence moved meanwhile, checks the password once more and tries again (design §11).
   * @throws InvalidCredentialsError when the password is no longer right, or the fence moved a second time
   */
  async withProof<T>(login: PasswordLogin, act: (proof: PasswordProof) => Promise<T>, proof?: PasswordProof): Promise<T> {
    try {
      return await act(proof ?? (await this.verify(login)));
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
    }
    try {
      return await act((await this.check(login)).proof); // one act of the person's: its success has been told
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
      this.emit({ type: 'login.failed', cause: 'fenced', ...(await this.aboutOf(login)) });
      throw new InvalidCredentialsError();
    }
  }

  private async check(login: PasswordLogin): Promise<{ readonly proof: PasswordProof; readonly failures: number }> {
    const { username, password, address, deviceSecret = '', sessionId } = login;
    const door = await this.aboutOf(login);
    const { at, userId } = door;
    const device = this.devices.idOf(deviceSecret, userId ?? NOBODY, at);
    const counted = await this.count({ username, address, knownAs: sessionId ?? device }, door);
    const { account, fence } = await this.judge(userId, password).catch(async (error: unknown) => {
      await this.throttle.withdraw(counted).catch(() => undefined); // the first reason is the one to tell
      throw error;
    });
    if (!account || account.userId !== (login.userId ?? account.userId)) {
      this.emit({ type: 'login.failed', cause: 'credentials', ...door });
      const { stopped, sprayed } = await this.throttle.failed(counted);
      const about: About = { at, address, ...(userId ? { userId } : {}) };
      if (stopped) this.emit({ type: 'login.stopped', ...about });
      if (sprayed !== undefined) this.emit({ type: 'login.spraying', at, address, names: sprayed });
      throw new InvalidCredentialsError();
    }
    await this.throttle.succeeded(counted);
    return { proof: { account, fence, device }, failures: Math.max(0, counted.failures - 1) };
  }

  /** What a password that is proven again leads to, the renewal or the change, tells of it; a login may still lead to nothing. */
  private tellSuccess({ sessionId, address }: PasswordLogin, { account: { userId } }: PasswordProof, failures: number): void {
    if (sessionId === undefined) {
      this.emit({ type: 'login.succeeded', at: this.clock.now(), userId, failures, address });
    }
  }

  private async aboutOf({ username, address, sessionId, purpose = 'login' }: PasswordLogin): Promise<AtTheDoor> {
    const userId = await this.accounts.idOf(username);
    const session = sessionId === undefined ? {} : { sessionId };
    return { at: this.clock.now(), address, purpose, ...(userId ? { userId } : {}), ...session };
  }

  private async count(attempt: LoginAttempt, door: AtTheDoor): Promise<CountedAttempt> {
    try {
      return await this.throttle.attempt(attempt);
    } catch (error) {
      if (error instanceof TooManyAttemptsError) this.emit({ type: 'login.throttled', limit: error.limit, ...door });
      throw error;
    }
  }

  private async judge(
    userId: string | undefined,
    password: string,
  ): Promise<{ account: VerifiedAccount | undefined; fence: Fence }> {
    // A fence for nobody keeps the work, and so the time, the same for unknown names.
    const fence = await this.fence(userId ?? NOBODY);
    const account = await this.accounts.verifyPassword(userId, password);
    return { account, fence };
  }
}
