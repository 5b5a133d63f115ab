import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { SessionService, type Origin } from 'nestjs-hybrid-session';
import type { User } from '../users/user.entity.js';
import { principalOf } from '../users/user-principal.js';
import { Users } from '../users/users.service.js';

/** Milliseconds between two looks for what a crash has left half done. */
const INTERVAL = 1_000;

/**
 * Changes what people may do: in the database, and then in every session of theirs. Those are two stores, and this process may die
 * between them: so the database counts the changes, and knows which of them the sessions were not told; any instance tells the rest.
 */
@Injectable()
export class RoleChanges implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(RoleChanges.name);
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;
  /** Whose sessions are being told right now: they are not for the timer, which would tell them twice. */
  private readonly underWay = new Set<string>();
  private isStuck = false;

  constructor(
    private readonly users: Users,
    private readonly sessions: SessionService,
  ) {}

  /**
   * Gives a user other roles. Answers how many sessions were told.
   * @throws NotFoundException, InvalidInputError
   */
  async change(
    id: string,
    roles: readonly string[],
    origin: Origin,
  ): Promise<{ readonly user: User; readonly sessions: number }> {
    const { id: userId } = await this.users.byId(id);
    await this.sessions.fence(userId); // a session store that is away says so before anything has changed
    this.underWay.add(userId);
    try {
      const user = await this.users.setRoles(userId, roles);
      return { user, sessions: await this.tell(user, origin) };
    } finally {
      this.underWay.delete(userId);
    }
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void (this.turn ??= this.tellTheRest()), INTERVAL).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
  }

  /** Tells the sessions of every change that they were not told yet. A store or a database that is away is said once, and tried again. */
  async tellTheRest(): Promise<void> {
    try {
      const before = new Set(this.underWay); // what was read meanwhile may be told by now
      for (const user of await this.users.withUntoldRoles()) {
        if (!before.has(user.id) && !this.underWay.has(user.id)) await this.tell(user);
      }
      this.isStuck = false;
    } catch (error) {
      if (!this.isStuck)
        this.log.warn(`Sessions are told of changed roles later: ${error instanceof Error ? error.message : ''}`);
      this.isStuck = true;
    } finally {
      this.turn = undefined;
    }
  }

  private async tell(user: User, origin?: Origin): Promise<number> {
    const told = await this.sessions.setPrincipal(user.id, principalOf(user), origin);
    await this.users.rolesWereTold(user);
    return told;
  }
}
