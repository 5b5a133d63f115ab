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

/** One server. */
export interface RedisServer {
  info(section?: string): Promise<unknown>;
  eval(source: string, call: ScriptCall): Promise<unknown>;
  scanIterator(options: { MATCH: string; COUNT: number }): AsyncIterable<readonly unknown[]>;
}

/** A client of one server. */
export interface RedisStandalone extends RedisServer {
  sendCommand(words: readonly string[]): Promise<unknown>;
}

/** A client that speaks for whatever the sentinels call the primary. */
export interface RedisSentinel extends RedisServer {
  getSentinelNode(): unknown;
}

/** The primaries of a cluster. */
export interface RedisPrimaries {
  readonly masters: readonly object[];
  nodeClient(primary: object): RedisServer | Promise<RedisServer>;
}

/** What a client tells of its own options, as far as they bear on sessions. */
export interface RedisClientTraits {
  readonly clientSideCache?: unknown;
  readonly options?: { readonly keyPrefix?: unknown };
  readonly _options?: { readonly keyPrefix?: unknown; readonly useReplicas?: unknown };
}

/** A connected node-redis 6 client, by shape: what `createClient`, `createSentinel` and `createCluster` return all fit. */
export type RedisClient = RedisCommands & RedisClientTraits & (RedisStandalone | RedisSentinel | RedisPrimaries);

/**
 * A connection that only listens, by shape: a client of `createClient`, connected by the host, that nobody sends commands through.
 * It subscribes again by itself whenever it was lost, and says `ready` then.
 */
export interface RedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: 'ready', listener: () => void): unknown;
}

/**
 * The same for a cluster, by shape: a client of `createCluster`. It hears every primary over a connection to that primary itself,
 * and says `node-ready` when one of them was lost and is whole, or is new.
 */
export interface RedisClusterSubscriber {
  readonly masters: readonly object[];
  nodeClient(primary: object): RedisSubscriber | Promise<RedisSubscriber>;
  on(event: 'node-ready', listener: () => void): unknown;
}

/** Whether a client goes to another server by itself when that has become the primary. */
export function failsOver(client: RedisClient): boolean {
  return 'masters' in client || 'getSentinelNode' in client;
}

/** The servers that hold the data: every primary of a cluster, else the one. */
export async function serversOf(client: RedisClient): Promise<readonly RedisServer[]> {
  return 'masters' in client ? Promise.all(client.masters.map(async (primary) => client.nodeClient(primary))) : [client];
}
