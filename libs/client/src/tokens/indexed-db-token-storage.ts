import type { TokenStorage } from './token-storage.js';

/** What this storage uses of IndexedDB, which the types of Node do not know. */
interface Outcome<T> {
  readonly result: T;
  readonly error: unknown;
}

interface Opening extends Outcome<Database> {
  addEventListener(type: 'upgradeneeded' | 'success' | 'error', listener: () => void): void;
}

interface Database {
  createObjectStore(name: string): unknown;
  transaction(stores: string, mode: Mode, options: { readonly durability: 'strict' }): Transaction;
}

interface Transaction {
  readonly error: unknown;
  addEventListener(type: 'complete' | 'abort', listener: () => void): void;
  objectStore(name: string): Texts;
}

interface Texts {
  get(name: string): Outcome<unknown>;
  put(value: string, name: string): Outcome<unknown>;
  delete(name: string): Outcome<unknown>;
}

type Mode = 'readonly' | 'readwrite';

const STORE = 'tokens';

/**
 * Keeps tokens in IndexedDB, for pages that share one login among tabs or keep it over a reload. Unlike `localStorage`, which each
 * process of a browser sees a little later than the others, what one tab has stored here every other tab reads. Scripts of the page
 * can read it as well.
 */
export class IndexedDbTokenStorage implements TokenStorage {
  private opened: Promise<Database> | undefined;

  /** @param name of the database */
  constructor(private readonly name = 'nestjs-hybrid-session') {}

  async getItem(name: string): Promise<string | undefined> {
    const value = await this.act('readonly', (texts) => texts.get(name));
    return typeof value === 'string' ? value : undefined;
  }

  async setItem(name: string, value: string): Promise<void> {
    await this.act('readwrite', (texts) => texts.put(value, name));
  }

  async removeItem(name: string): Promise<void> {
    await this.act('readwrite', (texts) => texts.delete(name));
  }

  private async act(mode: Mode, act: (texts: Texts) => Outcome<unknown>): Promise<unknown> {
    this.opened ??= open(this.name).catch((error: unknown) => {
      this.opened = undefined; // so that the next call tries again
      throw error;
    });
    const transaction = (await this.opened).transaction(STORE, mode, { durability: 'strict' });
    const outcome = act(transaction.objectStore(STORE));
    return new Promise((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve(outcome.result));
      transaction.addEventListener('abort', () => reject(transaction.error));
    });
  }
}

function open(name: string): Promise<Database> {
  return new Promise((resolve, reject) => {
    const { indexedDB } = globalThis as { readonly indexedDB?: { open(name: string, version: number): Opening } };
    if (!indexedDB) throw new Error('This platform has no IndexedDB: give the option "storage" another storage.');
    const opening = indexedDB.open(name, 1);
    opening.addEventListener('upgradeneeded', () => void opening.result.createObjectStore(STORE));
    opening.addEventListener('success', () => resolve(opening.result));
    opening.addEventListener('error', () => reject(opening.error));
  });
}
