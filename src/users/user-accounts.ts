import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Accounts, type VerifiedAccount } from 'nestjs-hybrid-session';
import { IsNull, type Repository } from 'typeorm';
import { checkNewPassword } from './password-rules.js';
import { PasswordHasher } from './password-hasher.js';
import { normaliseUsername } from './user-names.js';
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
      select: { id: true, username: true, roles: true, disabledAt: true, passwordHash: true },
    });
    const fits = await this.hasher.verify(user?.passwordHash, password);
    if (!user || !fits || user.disabledAt) return undefined;
    const { id, username, roles, passwordHash } = user;
    return { userId: id, principal: { username, roles }, passwordVersion: passwordHash };
  }

  async changePassword(userId: string, newPassword: string, passwordVersion: string): Promise<boolean> {
    checkNewPassword(newPassword, 'newPassword');
    const passwordHash = await this.hasher.hash(newPassword);
    // One conditional statement: of two changes that verified the same old password, the second finds nothing.
    const { affected } = await this.users.update(
      { id: userId, passwordHash: passwordVersion, disabledAt: IsNull() },
      { passwordHash, passwordChangedAt: new Date() },
    );
    return affected === 1;
  }
}
