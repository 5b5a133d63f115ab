import type { RedisClusterSubscriber, RedisSubscriber } from './redis-client.js';

/** How a `RedisSessionStore` uses its Redis. */
export interface RedisSessionStoreOptions {
  /** What every key begins with. Default `nhs`. */
  readonly prefix?: string;
  /** Milliseconds that one call may take. Default 2,000. */
  readonly deadline?: number;
  /**
   * A second client, connected by the host and used for nothing else: of `createClient`, for a Cluster of `createCluster`. Over it
   * come the changes that other processes make, so that their revocations are known here before a copy's bound has passed. Without
   * it `changes` tells a gap and then only what this process does itself. Not a sentinel client: for Sentinel give a client of
   * `createClient` to an address that follows the primary, or leave it out.
   */
  readonly subscriber?: RedisSubscriber | RedisClusterSubscriber;
  /**
   * Says that another server may come to answer at the address of this standalone client (a virtual address, a name, a proxy before
   * a primary with replicas). Reads are guarded then, as they always are with Sentinel and Cluster: a server refuses them once it
   * was demoted, or has lost the replicas that its `min-replicas-to-write` asks for. `false` says that no server is ever replaced
   * while the application runs; `faults` asks for one or the other where the server has replicas. Reads are not guarded by default.
   */
  readonly failsOver?: boolean;
}

/** How a `JournaledRedisSessionStore` uses its Redis and its journal. */
export interface JournaledRedisSessionStoreOptions extends RedisSessionStoreOptions {
  /** Milliseconds between two looks for what crashed instances have left behind. Default 1,000. */
  readonly relayInterval?: number;
}
