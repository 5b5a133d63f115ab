import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Accounts, type VerifiedAccount } from 'nestjs-hybrid-session';

interface Person {
  readonly id: string;
  readonly username: string;
  readonly salt: string;
  readonly hash: string;
}

const derive = promisify<string, string, number, Buffer>(scrypt);

/** The users of an application, in memory: what the library asks of yours. */
export class MyAccounts extends Accounts {
  private readonly people: Person[] = [];

  async add(username: string, password: string): Promise<void> {
    this.people.push(await secured({ id: `user-${this.people.length + 1}`, username }, password));
  }

  override idOf(username: string): Promise<string | undefined> {
    return Promise.resolve(this.people.find((person) => person.username === username)?.id);
  }

  override async verifyPassword(userId: string | undefined, password: string): Promise<VerifiedAccount | undefined> {
    const person = this.people.find(({ id }) => id === userId);
    // Also for nobody: else the time tells which names exist.
    const hash = await derive(password, person?.salt ?? 'nobody', 32);
    if (!person || !timingSafeEqual(hash, Buffer.from(person.hash, 'hex'))) return undefined;
    return { userId: person.id, principal: { username: person.username, roles: [] }, passwordVersion: person.hash };
  }

  override async changePassword(userId: string, newPassword: string, passwordVersion: string): Promise<boolean> {
    const index = this.people.findIndex(({ id }) => id === userId);
    const person = this.people[index];
    if (!person) return false;
    const changed = await secured(person, newPassword);
    // Looked at after the wait: of two changes that proved the same old password, the second must find it gone.
    if (this.people[index]?.hash !== passwordVersion) return false;
    this.people[index] = changed;
    return true;
  }
}

async function secured({ id, username }: Pick<Person, 'id' | 'username'>, password: string): Promise<Person> {
  const salt = randomBytes(16).toString('hex');
  return { id, username, salt, hash: (await derive(password, salt, 32)).toString('hex') };
}
