import { PrivateServer } from './private-server.mjs';

export declare class MariadbServer extends PrivateServer {
  static start(options?: { settings?: Readonly<Record<string, string>> }): Promise<MariadbServer>;
}
