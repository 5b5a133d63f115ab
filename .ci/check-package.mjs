// Checks the libraries as they would be published: what is in the tarball, whether every entry point resolves, and its types with it.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pack, root, run, temporaryFolder, tool } from './pack.mjs';

for (const library of ['session', 'client']) checkPackage(library);
checkClientAlone();

function checkPackage(name) {
  const library = join(root, 'libs', name);
  const manifest = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  const { tarball, files } = pack(name);
  const faults = [];
  const expect = (holds, fault) => holds || faults.push(fault);
  const packed = (path) => files.includes(posix.normalize(path));

  const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object');
  expect(entries.length > 0, 'exports names no entry point');
  for (const [entry, target] of entries) {
    for (const [condition, path] of Object.entries(target))
      expect(packed(path), `exports "${entry}" (${condition}) is not packed: ${path}`);
    expect(Object.keys(target).at(-1) === 'default', `exports "${entry}" must end with the condition "default"`);
    const [from, types] = [target['hybrid-session-src'], target.types].map((path) => path?.replace(/^\.\/(src|dist)/, './dist'));
    const built = [from?.replace(/\.ts$/, '.js'), types?.replace(/\.d\.ts$/, '.js')];
    expect(
      built.every((path) => path === target.default),
      `exports "${entry}": source, types and code are not of the same module`,
    );
  }

  // TypeScript with moduleResolution node10 reads typesVersions where all others read exports: both must tell the same.
  const subpaths = entries.filter(([entry]) => entry !== '.');
  const expected = Object.fromEntries(subpaths.map(([entry, target]) => [entry.replace('./', ''), [target.types]]));
  const told = manifest.typesVersions?.['*'] ?? {};
  for (const entry of new Set([...Object.keys(expected), ...Object.keys(told)]))
    expect(
      JSON.stringify(expected[entry]) === JSON.stringify(told[entry]),
      `typesVersions "${entry}" is ${JSON.stringify(told[entry])}, exports has ${JSON.stringify(expected[entry])}`,
    );
  const main = manifest.exports['.'];
  expect(manifest.main === main?.default && manifest.types === main?.types, 'main and types differ from exports "."');

  for (const file of ['README.md', 'LICENSE']) expect(packed(file), `${file} is not packed`);
  for (const file of files) {
    expect(!/\.spec\.|\.tsbuildinfo$|(^|\/)tsconfig/.test(file), `has no place in the package: ${file}`);
    if (!file.endsWith('.map')) continue;
    const { sources } = JSON.parse(readFileSync(join(library, file), 'utf8'));
    for (const source of sources)
      expect(packed(join(posix.dirname(file), source)), `${file} points at a source that is not packed: ${source}`);
  }
  const licences = [root, library].map((folder) => readFileSync(join(folder, 'LICENSE'), 'utf8'));
  expect(licences[0] === licences[1], 'LICENSE of the library differs from that of the repository');

  if (faults.length > 0) {
    console.error(`The package of libs/${name} is not fit to publish:\n  ${faults.join('\n  ')}`);
    process.exit(1);
  }
  console.log(`libs/${name}: ${files.length} files packed, ${entries.length} entry points`);

  run(tool('publint'), ['run', tarball, '--strict']);
  // Stricter than the profile esm-only: resolution by node10 counts as well. That require() gets an ES module is meant.
  run(tool('attw'), [tarball, '--ignore-rules', 'cjs-resolves-to-esm', '--no-definitely-typed', '--no-emoji', '--no-color']);
}

/** The client promises to need nothing: it is loaded by plain Node, from a folder that holds its package and nothing else. */
function checkClientAlone() {
  const { tarball } = pack('client');
  const folder = temporaryFolder('alone');
  const home = join(folder, 'node_modules/nestjs-hybrid-session-client');
  mkdirSync(home, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', home, '--strip-components=1']);
  const script = `
    import { TokenClient, CookieClient } from 'nestjs-hybrid-session-client';
    import { DpopKey } from 'nestjs-hybrid-session-client/dpop';
    new TokenClient({ url: 'https://api.example', dpop: DpopKey.generate() });
    new CookieClient({ url: 'https://api.example' });
    console.log('libs/client: loaded by plain Node, with nothing beside it');`;
  run(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
}
