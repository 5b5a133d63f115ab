import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('peers', import.meta.url));

/** Installs what the bench compares with, unless it is there as the lock says; answers whether it is. */
export function installPeers() {
  const [wanted, there] = [`${FOLDER}/package-lock.json`, `${FOLDER}/node_modules/.package-lock.json`];
  if (existsSync(there) && isSame(wanted, there)) return true;
  process.stderr.write('The packages of the peers are installed in test/bench/peers: the bench alone needs them.\n');
  const { status } = spawnSync('npm', ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
  });
  return status === 0;
}

/** Whether the same versions are installed as the lock names. */
function isSame(wanted, there) {
  const versions = (file) =>
    Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages)
      .filter(([path]) => path !== '')
      .map(([path, { version }]) => `${path}@${version}`)
      .join();
  return versions(wanted) === versions(there);
}
