// Builds a library and packs it as npm would publish it.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** A temporary folder that goes when the process ends. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program to its end and shows what it prints; when it fails, so does this process. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (status === 0) return;
  console.error(`Failed: ${basename(program)} ${args.join(' ')}${error ? ` (${error.message})` : ''}`);
  process.exit(1);
}

/** The program of an installed package. */
export const tool = (name) => join(root, 'node_modules/.bin', name);

/** @param library its folder in libs, which is also its name in nest-cli.json */
export function pack(library) {
  run(tool('nest'), ['build', library]);
  const folder = temporaryFolder('packed');
  const told = execFileSync(
    'npm',
    ['pack', '--workspace', `libs/${library}`, '--pack-destination', folder, '--ignore-scripts', '--json'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const [{ filename, files }] = Object.values(JSON.parse(told));
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}
