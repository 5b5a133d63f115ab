import { randomUUID } from 'node:crypto';
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { InvalidInputError, type EndSessions } from 'nestjs-hybrid-session';
import { In, type Repository } from 'typeorm';
import { checkNewPassword } from './password-rules.js';
import { PasswordHasher } from './password-hasher.js';
import { isRole, isUserId, normaliseUsername } from './user-names.js';
import { User } from './user.entity.js';

/** What a new user is made from. */
export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly roles: readonly string[];
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
}

/** What a person may change of themselves. */
export type Profile = Partial<Pick<User, 'displayName' | 'email'>>;

/** The users, as the rest of the application sees them: without their passwords. */
@Injectable()
export class Users {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly hasher: PasswordHasher,
  ) {}

  /** All users, oldest first. */
  list(): Promise<User[]> {
    return this.users.find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /**
   * Users whose names begin so, in the order of their names.
   * @param after the name after which to begin
   */
  search(prefix: string, after: string, limit: number): Promise<User[]> {
    const beginning = prefix.normalize('NFKC').toLowerCase().replaceAll(/[!%_]/g, '!$&');
    return this.users
      .createQueryBuilder('user')
      .where("user.username LIKE :pattern ESCAPE '!' AND user.username > :after", { pattern: `${beginning}%`, after })
      .orderBy('user.username')
      .take(limit)
      .getMany();
  }

  /** The id of whom a person means, by a name or by the id itself. */
  async named(nameOrId: string): Promise<string | undefined> {
    if (isUserId(nameOrId)) return nameOrId;
    return (await this.users.findOneBy({ username: normaliseUsername(nameOrId) ?? '' }))?.id;
  }

  /** The names of these users, as far as there are such. */
  async namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const known = ids.filter(isUserId);
    const users = known.length === 0 ? [] : await this.users.findBy({ id: In(known) });
    return new Map(users.map(({ id, username }) => [id, username]));
  }

  /** @throws NotFoundException for an unknown id, and for what is no id at all */
  async byId(id: string): Promise<User> {
    const user = isUserId(id) ? await this.users.findOneBy({ id }) : undefined;
    if (!user) throw new NotFoundException('There is no such user.');
    return user;
  }

  /**
   * Adds a user; `undefined` when the name is taken.
   * @throws InvalidInputError
   */
  async add(given: NewUser): Promise<User | undefined> {
    const username = normaliseUsername(given.username);
    if (!username)
      throw new InvalidInputError('The user name must have 1 to 64 characters, without blanks, colons and commas.', 'username');
    checkRoles(given.roles);
    checkNewPassword(given.password, 'password');
    const now = new Date();
    const user = this.users.create({
      id: randomUUID(),
      username,
      passwordHash: await this.hasher.hash(given.password),
      roles: [...given.roles],
      displayName: given.displayName ?? given.username,
      email: given.email ?? null,
      disabledAt: null,
      createdAt: now,
      passwordChangedAt: now,
    });
    // Decided by the database, not by a look beforehand: two who ask for the same name at once cannot both have it.
    await this.users.createQueryBuilder().insert().values(user).orIgnore().updateEntity(false).execute();
    return (await this.users.findOneBy({ id: user.id })) ?? undefined;
  }

  /** @throws ConflictException when the name is taken */
  async create(given: NewUser): Promise<User> {
    const user = await this.add(given);
    if (!user) throw new ConflictException('The user name is taken.', { errorCode: 'username_taken' });
    return user;
  }

  /** @throws NotFoundException */
  async change(id: string, profile: Profile): Promise<User> {
    await this.users.update({ id }, profile);
    return this.byId(id);
  }

  /** Gives a user other roles, and counts the change in the same statement. @throws NotFoundException, InvalidInputError */
  async setRoles(id: string, roles: readonly string[]): Promise<User> {
    const user = await this.byId(id);
    checkRoles(roles);
    await this.users.update({ id: user.id }, { roles: [...roles], rolesVersion: () => '"rolesVersion" + 1', rolesUntold: 1 });
    return this.byId(user.id);
  }

  /** Notes that the sessions of a user know these roles, unless they have changed again. */
  async rolesWereTold({ id, rolesVersion }: User): Promise<void> {
    await this.users.update({ id, rolesVersion }, { rolesUntold: 0 });
  }

  /** Users whose sessions do not know their roles yet. */
  withUntoldRoles(): Promise<User[]> {
    return this.users.findBy({ rolesUntold: 1 });
  }

  /** Stops an account; what ends its sessions is part of the transaction. @throws NotFoundException */
  async disable(id: string, endSessions: EndSessions): Promise<User> {
    const user = await this.byId(id);
    await this.users.manager.transaction(async (manager) => {
      await manager.update(User, { id: user.id }, { disabledAt: user.disabledAt ?? new Date() });
      await endSessions(manager);
    });
    return this.byId(user.id);
  }

  /** Lets an account log in again. @throws NotFoundException */
  async enable(id: string): Promise<User> {
    const user = await this.byId(id);
    await this.users.update({ id: user.id }, { disabledAt: null });
    return this.byId(user.id);
  }

  /**
   * Sets a password without asking for the old one; what ends the sessions is part of the transaction.
   * @throws NotFoundException, InvalidInputError
   */
  async resetPassword(id: string, newPassword: string, endSessions: EndSessions): Promise<User> {
    const user = await this.byId(id);
    checkNewPassword(newPassword, 'newPassword');
    const passwordHash = await this.hasher.hash(newPassword);
    await this.users.manager.transaction(async (manager) => {
      await manager.update(User, { id: user.id }, { passwordHash, passwordChangedAt: new Date() });
      await endSessions(manager);
    });
    return user;
  }

  /** Whether there is a user of this name. */
  async has(name: string): Promise<boolean> {
    return this.users.exists({ where: { username: normaliseUsername(name) ?? '' } });
  }

  /** Whether there is no user at all. */
  async isEmpty(): Promise<boolean> {
    return !(await this.users.exists());
  }
}

function checkRoles(roles: readonly string[]): void {
  if (!roles.every(isRole)) throw new InvalidInputError('A role is a lower-case word, such as admin.', 'roles');
}
