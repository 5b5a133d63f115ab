/** What a script call carries: every key it names in advance, and its arguments. */
export interface ScriptCall {
  readonly keys: string[];
  readonly arguments: string[];
}

/** The commands this library sends. A node-redis 6 client, sentinel or cluster has them all. */
export interface RedisCommands {
  evalSha(sha1: string, call: ScriptCall): Promise<unknown>;
  eval(source: string, call: ScriptCall): Promise<unknown>;
  get(key: string): Promise<unknown>;
  mGet(keys: string[]): Promise<unknown>;
  unlink(key: string): Promise<unknown>;
  time(): Promise<unknown>;
  /** The client with other defaults: here a timeout for commands not yet sent, and replies as plain strings. */
  withCommandOptions(options: { timeout: number; typeMapping: Record<string, never> }): RedisCommands;
}

/** One server: a standalone client, or a sentinel speaking for its primary. */
export interface RedisServer {
  info(section?: string): Promise<unknown>;
  scanIterator(options: { MATCH: string; COUNT: number }): AsyncIterable<readonly unknown[]>;
}

/** The primaries of a cluster. */
export interface RedisPrimaries {
  readonly masters: readonly object[];
  nodeClient(primary: object): RedisServer | Promise<RedisServer>;
}

/** What a client tells of its own options, as far as they bear on sessions. */
export interface RedisClientTraits {
  readonly clientSideCache?: unknown;
  /** Only a sentinel client has it. */
  readonly getSentinelNode?: unknown;
  readonly options?: { readonly keyPrefix?: unknown };
  readonly _options?: { readonly keyPrefix?: unknown; readonly useReplicas?: unknown };
}

/** A connected node-redis 6 client, by shape: what `createClient`, `createSentinel` and `createCluster` return all fit. */
export type RedisClient = RedisCommands & RedisClientTraits & (RedisServer | RedisPrimaries);

/** The servers that hold the data: every primary of a cluster, else the one. */
export async function serversOf(client: RedisClient): Promise<readonly RedisServer[]> {
  return 'masters' in client ? Promise.all(client.masters.map(async (primary) => client.nodeClient(primary))) : [client];
}
