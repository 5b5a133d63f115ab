import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.mjs';
import { ownFolder, PrivateServer } from './private-server.mjs';
import { accountOf, findProgram } from './programs.mjs';

const ACCOUNT = 'mysql';
const USER = 'tests';

/**
 * What is answered as committed has reached the operating system (2), so it outlives the death of the server, as on a real one.
 * That it has reached the disk as well would matter only if the machine lost its power.
 */
const SETTINGS = {
  'bind-address': '127.0.0.1',
  'skip-name-resolve': 'ON',
  'innodb-flush-log-at-trx-commit': '2',
  'innodb-buffer-pool-size': '64M',
  'innodb-log-file-size': '16M',
  'max-connections': '200',
};

/** A private MariaDB, never a mock. `settings` are further options, such as `{ 'max-connections': '5' }`. */
export class MariadbServer extends PrivateServer {
  /** @param {{ settings?: Readonly<Record<string, string>> }} options */
  static async start({ settings = {} } = {}) {
    const account = accountOf(ACCOUNT);
    const folder = await ownFolder('mariadb', account);
    const password = randomBytes(16).toString('hex');
    await initialise(folder, account, password);
    const server = new MariadbServer(await freePort(), folder, account, password, settings);
    await server.start();
    return server;
  }

  constructor(port, folder, account, password, settings) {
    const place = { datadir: join(folder, 'data'), socket: join(folder, 'socket'), 'pid-file': join(folder, 'pid') };
    const options = Object.entries({ ...SETTINGS, ...place, 'init-file': join(folder, 'start.sql'), port, ...settings });
    super({
      name: 'MariaDB',
      program: findProgram('mariadbd'),
      words: ['--no-defaults', ...options.map(([name, value]) => `--${name}=${value}`)],
      ready: /ready for connections/,
      folder,
      account,
    });
    this.port = port;
    this.url = `mysql://${USER}:${password}@127.0.0.1:${port}/test`;
  }
}

/** The one user that comes over the network has a password; the other is root, through a socket that nobody else can reach. */
async function initialise(folder, account, password) {
  const file = join(folder, 'start.sql');
  const statements = [
    `CREATE DATABASE IF NOT EXISTS test CHARACTER SET utf8mb4;`,
    `CREATE USER IF NOT EXISTS ${USER}@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO ${USER}@'127.0.0.1';`,
  ];
  await writeFile(file, `${statements.join('\n')}\n`, { mode: 0o600 });
  if (account.uid !== undefined) await chown(file, account.uid, account.gid);
  const words = ['--no-defaults', `--datadir=${join(folder, 'data')}`, '--skip-name-resolve', '--skip-test-db'];
  const how = ['--auth-root-authentication-method=socket', '--innodb-log-file-size=16M'];
  await promisify(execFile)(findProgram('mariadb-install-db') ?? 'mariadb-install-db', [...words, ...how], {
    cwd: folder,
    ...account,
  });
}
