import type { Seeded } from './seeded.js';

/** What was ever given out for one generation of a session. */
export interface Secrets {
  cookie?: string;
  csrfToken?: string;
  refreshToken?: string;
  accessToken?: string;
}

/** A session as its user's clients know it. */
export interface HeldSession {
  readonly name: string;
  readonly id: string;
  readonly channel: 'browser' | 'api';
  readonly generations: Map<number, Secrets>;
}

/** How many of those that were seen refused are still shown now and then. */
const FORMER = 3;

/**
 * What all clients of one user hold together: every secret ever given out, so that any of them may show any of it, as tabs, retries and
 * thieves do. Also the one who gives sessions their names in the history.
 */
export class Wallet {
  private readonly names = new Map<string, string>();
  private readonly held = new Map<string, HeldSession>();
  private readonly refused: string[] = [];
  private passwords = 0;
  /** The password that was last heard to be right. */
  password = 0;
  /** New passwords of changes whose answer was never heard. */
  readonly uncertain: number[] = [];

  constructor(readonly user: string) {}

  /** The name of a session in the history: short, and no part of any secret. */
  nameOf(id: string): string {
    const name = this.names.get(id) ?? `s${this.names.size + 1}`;
    this.names.set(id, name);
    return name;
  }

  /** A password that was never used. */
  newPassword(): number {
    this.passwords += 1;
    return this.passwords;
  }

  /** Mostly the right one; sometimes one that may have become it without anybody hearing of that, or any. */
  somePassword(chance: Seeded): number {
    const dice = chance.next();
    if (dice < 0.1) return chance.below(this.passwords + 1);
    return (dice < 0.3 ? chance.pick(this.uncertain) : undefined) ?? this.password;
  }

  /** A session by its name in the history. */
  find(name: string): HeldSession | undefined {
    return this.held.get(name);
  }

  /** Sessions that may be alive. */
  get current(): readonly HeldSession[] {
    return [...this.held.values()].filter(({ name }) => !this.refused.includes(name));
  }

  /** One of those, or seldom one that was seen refused. */
  someSession(chance: Seeded): HeldSession | undefined {
    const former = chance.happens(0.1) ? chance.pick(this.refused.slice(-FORMER)) : undefined;
    return former === undefined ? chance.pick(this.current) : this.held.get(former);
  }

  /** Keeps what was given out. @returns what is wrong with it */
  keep(id: string, channel: 'browser' | 'api', generation: number, secrets: Secrets): string | undefined {
    const name = this.nameOf(id);
    const session = this.held.get(name) ?? { name, id, channel, generations: new Map<number, Secrets>() };
    this.held.set(name, session);
    const before = session.generations.get(generation) ?? {};
    session.generations.set(generation, { ...before, ...secrets });
    const differs = (secret: 'cookie' | 'refreshToken') =>
      before[secret] !== undefined && secrets[secret] !== undefined && before[secret] !== secrets[secret];
    return differs('cookie') || differs('refreshToken') ? `a second secret for generation ${generation} of ${name}` : undefined;
  }

  /** A session was seen refused: it is shown seldom from now on, and in the end no more. */
  sawRefused(name: string): void {
    if (!this.refused.includes(name)) this.refused.push(name);
  }
}
