// Completes package-lock.json, or with --check only tells what it lacks.
//
// A native package (swc, biome, oxlint, ...) lists one optional package per platform. npm leaves those out of the lock that the
// registry it was run against does not carry, and then `npm ci` refuses the lock ("Missing: ... from lock file"). Their versions are
// fixed by the package that asks for them and their platform is in their name, so the lock can say what npm could not look up. Such an
// entry has no integrity until `npm install` is run once on that platform.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const libraries = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  if (cpu.length !== 1 || os.length > 1)
    throw new Error(`Cannot tell the platform of ${name}: run npm install where the registry has it.`);
  const libc = os[0] === 'linux' ? words.flatMap((word) => libraries[word] ?? []) : [];
  return { cpu, libc, os };
}

/** Where Node would find `name` from the package at `path`; undefined when the lock has it nowhere. */
function found(path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const candidate = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (folder === '') return undefined;
  }
}

const added = [];
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (found(path, name)) continue;
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      throw new Error(`${path} asks for ${name}@${version}: not one version, so it cannot be filled in.`);
    const { cpu, libc, os } = platformOf(name);
    // in the order in which npm writes them, so that npm's own next change of the lock is small
    packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(entry.dev && { dev: true }),
      ...(libc.length > 0 && { libc }),
      optional: true,
      ...(os.length > 0 && { os }),
    };
    added.push(`${name}@${version}`);
  }
}

if (added.length === 0) process.exit(0);
if (process.argv.includes('--check')) {
  console.error(
    `package-lock.json lacks ${added.length} packages of other platforms, so npm ci refuses it. Run: npm run lock\n  ${added.join('\n  ')}`,
  );
  process.exit(1);
}
const sorted = Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`Added ${added.length} packages of other platforms to package-lock.json.`);
