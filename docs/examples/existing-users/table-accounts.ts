import { hash, hashSync, verify } from '@node-rs/argon2';
import { Accounts, type EndSessions, type VerifiedAccount } from 'nestjs-hybrid-session';
import type { Repository } from 'typeorm';
import { User } from './user.entity.js';

/** A user that is nobody, so that an unknown name costs the query of a known one. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
/** And a hash, so that it costs the hashing too. */
const NO_PASSWORD = hashSync('of nobody');

/** The library's view of the table. */
export class TableAccounts extends Accounts {
  constructor(private readonly users: Repository<User>) {
    super();
  }

  override async idOf(username: string): Promise<string | undefined> {
    return (await this.users.findOneBy({ email: username.toLowerCase() }))?.id;
  }

  override async verifyPassword(userId: string | undefined, password: string): Promise<VerifiedAccount | undefined> {
    const user = await this.users.findOneBy({ id: userId ?? NOBODY });
    const fits = await verify(user?.passwordHash ?? NO_PASSWORD, password);
    if (!user || !fits) return undefined;
    const roles = user.isAdmin ? ['admin'] : [];
    return { userId: user.id, principal: { username: user.email, roles }, passwordVersion: user.passwordHash };
  }

  override async changePassword(
    userId: string,
    newPassword: string,
    passwordVersion: string,
    endSessions: EndSessions,
  ): Promise<boolean> {
    const passwordHash = await hash(newPassword);
    return this.users.manager.transaction(async (manager) => {
      // One conditional statement: of two changes that proved the same old password, the second finds nothing.
      const { affected } = await manager.update(User, { id: userId, passwordHash: passwordVersion }, { passwordHash });
      if (affected !== 1) return false;
      await endSessions(manager); // the sessions end with the commit that sets the new password, or not at all
      return true;
    });
  }
}
