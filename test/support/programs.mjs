import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps the programs of PostgreSQL in a folder per version, which is on nobody's path. */
const POSTGRESQL = '/usr/lib/postgresql';

/** Where a program of this name lies, if it is installed. Servers lie in folders that only root has on the path. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...postgresqlFolders()];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

/**
 * Whom a server runs as. PostgreSQL and MariaDB refuse to be run by root, so root lends them the account that their packages
 * made; everyone else runs them as himself.
 */
export function accountOf(name) {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((which) => spawnSync('id', [which, name], { encoding: 'utf8' }).stdout.trim());
  if (!uid || !gid) throw new Error(`Root cannot run this server, and there is no user "${name}": add it, or do not be root.`);
  return { uid: Number(uid), gid: Number(gid) };
}

/** The newest version first. */
function postgresqlFolders() {
  try {
    const versions = readdirSync(POSTGRESQL).toSorted((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(POSTGRESQL, version, 'bin'));
  } catch {
    return [];
  }
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
