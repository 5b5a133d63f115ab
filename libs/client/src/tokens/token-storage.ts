/**
 * Where the tokens of one login are kept: a few short texts by name. `AsyncStorage` of React Native fits as it is, and so does a
 * wrapper of three lines around a keychain. Values are secrets.
 */
export interface TokenStorage {
  getItem(name: string): Promise<string | null | undefined> | string | null | undefined;
  /** Answers, or resolves, when the value is safe: what was stored before must not come back, not even after a crash. */
  setItem(name: string, value: string): unknown;
  removeItem(name: string): unknown;
}

/** Keeps the tokens as long as the page or the process lives, out of reach of every other script's storage access. The default. */
export class MemoryTokenStorage implements TokenStorage {
  readonly #values = new Map<string, string>();

  getItem(name: string): string | undefined {
    return this.#values.get(name);
  }

  setItem(name: string, value: string): void {
    this.#values.set(name, value);
  }

  removeItem(name: string): void {
    this.#values.delete(name);
  }
}
