import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MISSING =
  'The tests need a Redis: install the redis-server program (Debian: apt-get install redis-server) or set REDIS_URL.';

/** A port of this machine that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * A private redis-server, never a mock. With `durable` it writes every command to its disk before it answers, so that it comes
 * back from a kill as it was. `settings` are further words of its command line, such as `--maxmemory`, `4mb`.
 */
export class RedisServer {
  /** @param {{ durable?: boolean, settings?: readonly string[] }} options */
  static async start({ durable = false, settings = [] } = {}) {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'nhs-redis-')), durable, settings);
    await server.start();
    return server;
  }

  constructor(port, folder, durable, settings) {
    this.port = port;
    this.folder = folder;
    this.durable = durable;
    this.settings = settings;
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** Starts it, again with the data that it left. */
  async start() {
    const log = this.durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    const options = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      this.folder,
      ...log,
      ...this.settings,
    ];
    const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.child = child;
    const failed = new Promise((_, reject) => {
      child.once('error', () => reject(new Error(MISSING)));
      child.once('exit', (code) => reject(new Error(`redis-server ended at start with code ${code}.`)));
    });
    failed.catch(() => undefined); // once it is ready, its end is the test's own doing
    const ready = new Promise((resolve) => {
      child.stdout.on('data', (chunk) => /ready to accept/i.test(String(chunk)) && resolve(undefined));
    });
    await Promise.race([ready, failed]);
  }

  /** Stops it from answering, with all connections open, until it is resumed. */
  hang() {
    this.child.kill('SIGSTOP');
  }

  /** Lets it go on. */
  resume() {
    this.child.kill('SIGCONT');
  }

  /** Ends it as a crash would. */
  async kill() {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
