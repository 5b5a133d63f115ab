import { UnavailableError } from '../client-errors.js';
import { parseTokenSet, type TokenSet } from './token-set.js';
import type { TokenStorage } from './token-storage.js';

/** The place of one login's tokens in a storage, and a mark beside it while a refresh is under way. */
export class TokenShelf {
  constructor(
    private readonly storage: TokenStorage,
    private readonly name: string,
  ) {}

  async read(): Promise<TokenSet | undefined> {
    return parseTokenSet(await this.ask(() => this.storage.getItem(this.name)));
  }

  /** Resolves when they are stored, and not before. */
  async write({ login, accessToken, refreshToken, scheme, lifetime, askedAt, settledAt }: TokenSet): Promise<void> {
    const text = JSON.stringify({ login, accessToken, refreshToken, scheme, lifetime, askedAt, settledAt });
    await this.ask(() => this.storage.setItem(this.name, text));
  }

  async clear(): Promise<void> {
    await this.ask(() => this.storage.removeItem(this.name));
    await this.unmark();
  }

  /** Who has a refresh under way, or had one when it crashed. */
  async markedBy(): Promise<string | undefined> {
    return (await this.ask(() => this.storage.getItem(this.markName))) ?? undefined;
  }

  async mark(by: string): Promise<void> {
    await this.ask(() => this.storage.setItem(this.markName, by));
  }

  async unmark(): Promise<void> {
    await this.ask(() => this.storage.removeItem(this.markName));
  }

  private get markName(): string {
    return `${this.name}.refreshing`;
  }

  private async ask<T>(act: () => Promise<T> | T): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      throw new UnavailableError('The token storage failed: see "cause".', undefined, { cause });
    }
  }
}
