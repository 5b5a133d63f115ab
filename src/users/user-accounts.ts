import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Accounts, type EndSessions, type VerifiedAccount } from 'nestjs-hybrid-session';
import { IsNull, type Repository } from 'typeorm';
import { checkNewPassword } from './password-rules.js';
import { PasswordHasher } from './password-hasher.js';
import { normaliseUsername } from './user-names.js';
import { principalOf } from './user-principal.js';
import { User } from './user.entity.js';

/** Stands in for "no such user", so that an unknown name costs the same query as a known one. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** What the session library asks of our users. */
@Injectable()
export class UserAccounts extends Accounts {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly hasher: PasswordHasher,
  ) {
    super();
  }

  async idOf(name: string): Promise<string | undefined> {
    // A name that nobody can have is still looked for, as one that nobody has: the same work.
    const username = normaliseUsername(name) ?? '';
    const user = await this.users.findOne({ where: { username }, select: { id: true } });
    return user?.id;
  }

  async verifyPassword(userId: string | undefined, password: string): Promise<VerifiedAccount | undefined> {
    const user = await this.users.findOne({
      where: { id: userId ?? NOBODY },
      select: { id: true, username: true, roles: true, rolesVersion: true, disabledAt: true, passwordHash: true },
    });
    const fits = await this.hasher.verify(user?.passwordHash, password);
    if (!user || !fits || user.disabledAt) return undefined;
    return { userId: user.id, principal: principalOf(user), passwordVersion: user.passwordHash };
  }

  async changePassword(userId: string, newPassword: string, passwordVersion: string, endSessions: EndSessions): Promise<boolean> {
    checkNewPassword(newPassword, 'newPassword');
    const passwordHash = await this.hasher.hash(newPassword);
    return this.users.manager.transaction(async (manager) => {
      // One conditional statement: of two changes that verified the same old password, the second finds nothing.
      const { affected } = await manager.update(
        User,
        { id: userId, passwordHash: passwordVersion, disabledAt: IsNull() },
        { passwordHash, passwordChangedAt: new Date() },
      );
      if (affected !== 1) return false;
      await endSessions(manager);
      return true;
    });
  }
}
