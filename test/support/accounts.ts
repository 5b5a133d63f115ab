import { createHash, randomUUID } from 'node:crypto';
import { Accounts, type EndSessions, InvalidInputError, type Principal, type VerifiedAccount } from 'nestjs-hybrid-session';

interface TestUser {
  readonly userId: string;
  principal: Principal;
  passwordHash: string;
  disabled: boolean;
}

/** Users in memory with a fast hash: journeys are about sessions, argon2id is the reference application's affair. */
export class TestAccounts extends Accounts {
  private readonly users = new Map<string, TestUser>();
  /** Lets a test step in between the check of a password and what follows it. */
  afterVerify: (() => Promise<void>) | undefined;

  add(username: string, password: string, roles: readonly string[] = []): string {
    const userId = randomUUID();
    this.users.set(userId, { userId, principal: { username, roles }, passwordHash: hash(password), disabled: false });
    return userId;
  }

  setRoles(userId: string, roles: readonly string[]): Principal {
    const user = this.known(userId);
    user.principal = { ...user.principal, roles, version: (user.principal.version ?? 0) + 1 };
    return user.principal;
  }

  disable(userId: string): void {
    this.known(userId).disabled = true;
  }

  async idOf(username: string): Promise<string | undefined> {
    return [...this.users.values()].find((user) => user.principal.username === username)?.userId;
  }

  async verifyPassword(userId: string | undefined, password: string): Promise<VerifiedAccount | undefined> {
    const user = userId === undefined ? undefined : this.users.get(userId);
    const found = user && !user.disabled && user.passwordHash === hash(password);
    const account = found ? { userId: user.userId, principal: user.principal, passwordVersion: user.passwordHash } : undefined;
    await this.afterVerify?.();
    return account;
  }

  async changePassword(
    userId: string,
    newPassword: string,
    passwordVersion: string,
    _endSessions?: EndSessions,
  ): Promise<boolean> {
    if (newPassword.length < 8)
      throw new InvalidInputError('The new password is too short: use 8 characters or more.', 'newPassword');
    const user = this.known(userId);
    if (user.passwordHash !== passwordVersion) return false;
    user.passwordHash = hash(newPassword);
    return true;
  }

  private known(userId: string): TestUser {
    const user = this.users.get(userId);
    if (!user) throw new Error(`The test knows no user ${userId}.`);
    return user;
  }
}

function hash(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}
