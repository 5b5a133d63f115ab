export declare function freePort(): Promise<number>;

export declare class RedisServer {
  static start(options?: { durable?: boolean; settings?: readonly string[] }): Promise<RedisServer>;
  readonly url: string;
  readonly port: number;
  start(): Promise<void>;
  hang(): void;
  resume(): void;
  kill(): Promise<void>;
}
