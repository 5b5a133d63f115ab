export declare function freePort(): Promise<number>;

export declare class RedisServer {
  static start(options?: { durable?: boolean }): Promise<RedisServer>;
  readonly url: string;
  readonly port: number;
  start(): Promise<void>;
  kill(): Promise<void>;
}
