import { PrivateServer } from './private-server.mjs';

export declare class PostgresServer extends PrivateServer {
  static start(options?: { settings?: Readonly<Record<string, string>> }): Promise<PostgresServer>;
}
