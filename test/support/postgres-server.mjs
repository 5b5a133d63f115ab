import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.mjs';
import { ownFolder, PrivateServer } from './private-server.mjs';
import { accountOf, findProgram } from './programs.mjs';

const ACCOUNT = 'postgres';
const USER = 'tests';

/**
 * What is answered as committed has reached the operating system, so it outlives the death of the server, as on a real one. That
 * it has reached the disk as well, which costs most of the time, would matter only if the machine lost its power.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '64MB',
};

/** A private PostgreSQL, never a mock. `settings` are further parameters, such as `{ max_connections: '5' }`. */
export class PostgresServer extends PrivateServer {
  /** @param {{ settings?: Readonly<Record<string, string>> }} options */
  static async start({ settings = {} } = {}) {
    const account = accountOf(ACCOUNT);
    const folder = await ownFolder('postgres', account);
    const password = randomBytes(16).toString('hex');
    await initialise(folder, account, password);
    const server = new PostgresServer(await freePort(), folder, account, password, settings);
    await server.start();
    return server;
  }

  constructor(port, folder, account, password, settings) {
    const parameters = Object.entries({ ...SETTINGS, port: String(port), ...settings });
    super({
      name: 'PostgreSQL',
      program: findProgram('postgres'),
      words: ['-D', join(folder, 'data'), ...parameters.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      ready: /ready to accept connections/,
      folder,
      account,
    });
    this.port = port;
    this.url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  }
}

/** With a password: other people of this machine could have a superuser without one run programs. */
async function initialise(folder, account, password) {
  const file = join(folder, 'password');
  await writeFile(file, password, { mode: 0o600 });
  if (account.uid !== undefined) await chown(file, account.uid, account.gid);
  const words = ['--pgdata', join(folder, 'data'), '--username', USER, '--pwfile', file, '--auth', 'scram-sha-256'];
  const how = ['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'];
  await promisify(execFile)(findProgram('initdb') ?? 'initdb', [...words, ...how], { cwd: folder, ...account });
}
