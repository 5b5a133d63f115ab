import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { Users } from './users.service.js';

/** Puts the first users in at start. Users that are there already are left as they are, with the passwords they have now. */
@Injectable()
export class Seeding implements OnModuleInit {
  /** What to tell whoever started the application. */
  readonly notices: string[] = [];

  constructor(
    private readonly config: AppConfig,
    private readonly users: Users,
  ) {}

  async onModuleInit(): Promise<void> {
    const added: string[] = [];
    for (const seed of this.config.seedUsers) {
      if (await this.users.has(seed.username)) continue;
      const user = await this.users.add(seed);
      if (user) added.push(user.username);
    }
    if (added.length > 0) this.notices.push(`First users from SEED_USERS: ${added.join(', ')}.`);
    if (!(await this.users.isEmpty())) return;
    if (this.config.makeFirstUser) await this.addFirst();
    else this.notices.push('There is no user yet, and nobody can log in: set SEED_USERS=name:password:admin.');
  }

  private async addFirst(): Promise<void> {
    const password = randomBytes(15).toString('base64url');
    const user = await this.users.add({ username: 'admin', password, roles: ['admin'] });
    if (!user) return; // another process was faster, and prints its own
    this.notices.push(
      `First user: admin, password: ${password}`,
      `It is shown only this once. To get another: delete ${this.config.storage.folder}, or set SEED_USERS=name:password:admin.`,
    );
  }
}
