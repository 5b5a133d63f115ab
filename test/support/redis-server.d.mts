import { PrivateServer } from './private-server.mjs';

export declare class RedisServer extends PrivateServer {
  static start(options?: { port?: number; durable?: boolean; settings?: readonly string[] }): Promise<RedisServer>;
  /** Where it keeps its files. */
  readonly folder: string;
}
