/** A real server of a test's own, in a folder of its own and bound to loopback. */
export declare class PrivateServer {
  readonly url: string;
  readonly port: number;
  start(): Promise<void>;
  hang(): void;
  resume(): void;
  kill(): Promise<void>;
  discard(): Promise<void>;
}
