import { freePort } from './free-port.mjs';
import { ownFolder, PrivateServer } from './private-server.mjs';
import { findProgram } from './programs.mjs';

/**
 * A private redis-server, never a mock. With `durable` it writes every command to its disk before it answers, so that it comes
 * back from a kill as it was. `settings` are further words of its command line, such as `--maxmemory`, `4mb`; `port` is one
 * that nobody listens on, unless given.
 */
export class RedisServer extends PrivateServer {
  /** @param {{ port?: number, durable?: boolean, settings?: readonly string[] }} options */
  static async start({ port, durable = false, settings = [] } = {}) {
    const server = new RedisServer(port ?? (await freePort()), await ownFolder('redis'), durable, settings);
    await server.start();
    return server;
  }

  constructor(port, folder, durable, settings) {
    const log = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    super({
      name: 'Redis',
      program: findProgram('redis-server'),
      words: [...place, ...log, ...settings],
      ready: /ready to accept/i,
      folder,
    });
    this.port = port;
    this.folder = folder;
    this.url = `redis://127.0.0.1:${port}`;
  }
}
