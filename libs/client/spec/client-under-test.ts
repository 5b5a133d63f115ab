import type { LoggedOutReason } from '../src/logged-out.js';
import { TokenClient, type TokenClientOptions } from '../src/token-client.js';
import type { TokenStorage } from '../src/tokens/token-storage.js';
import { ManualClientClock } from './manual-client-clock.js';
import { API, ScriptedApi } from './scripted-api.js';

export const PERSON = { username: 'ada', password: 'correct horse' };

/** A client with a clock and a server that the test holds. */
export interface Bench {
  readonly api: ScriptedApi;
  readonly clock: ManualClientClock;
  readonly client: TokenClient;
  readonly ends: LoggedOutReason[];
  /** A request of the application, with all the time that it takes. */
  readonly get: (path?: string) => Promise<number>;
  /** Another client at the same server, by the same clock: another tab where it is given the same storage. */
  readonly tab: (options?: Partial<TokenClientOptions>) => { readonly client: TokenClient; readonly ends: LoggedOutReason[] };
}

export function bench(options: Partial<TokenClientOptions> = {}): Bench {
  const api = new ScriptedApi();
  const clock = new ManualClientClock();
  const tab = (more: Partial<TokenClientOptions> = {}) => {
    const client = new TokenClient({ url: API, fetch: api.fetch, clock, random: () => 0.5, ...options, ...more });
    const ends: LoggedOutReason[] = [];
    client.onLoggedOut((reason) => void ends.push(reason));
    return { client, ends };
  };
  const { client, ends } = tab();
  const get = async (path = '/things') => (await clock.through(client.fetch(path))).status;
  return { api, clock, client, ends, get, tab };
}

/** A storage that tabs share, which takes its time as the ones of phones do, and can lose what it is told. */
export class SharedStorage implements TokenStorage {
  readonly values = new Map<string, string>();
  readonly log: string[] = [];
  /** Called before a value is stored; throws to stand for a crash or a full disk. */
  beforeSet: (name: string, value: string) => void = () => undefined;

  async getItem(name: string): Promise<string | null> {
    await Promise.resolve();
    return this.values.get(name) ?? null;
  }

  async setItem(name: string, value: string): Promise<void> {
    await Promise.resolve();
    this.beforeSet(name, value);
    this.log.push(`set ${name}`);
    this.values.set(name, value);
  }

  async removeItem(name: string): Promise<void> {
    await Promise.resolve();
    this.values.delete(name);
  }
}
