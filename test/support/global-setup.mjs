import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

/** Tests use REDIS_URL when it is given, otherwise a private redis-server of their own. Never a mock. */
export default async function setup() {
  if (process.env.REDIS_URL) return;
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'nhs-redis-'));
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const failed = new Promise((_, reject) => {
    server.once('error', () =>
      reject(
        new Error(
          'The tests need a Redis: install the redis-server program (Debian: apt-get install redis-server) or set REDIS_URL.',
        ),
      ),
    );
    server.once('exit', (code) => reject(new Error(`redis-server ended at start with code ${code}.`)));
  });
  const ready = (async () => {
    for await (const line of server.stdout) if (/ready to accept/i.test(String(line))) return;
  })();
  await Promise.race([ready, failed]);
  failed.catch(() => undefined); // from here on its end is the teardown's doing
  process.env.REDIS_URL = `redis://127.0.0.1:${port}`;
  globalThis.privateRedis = server;
}
