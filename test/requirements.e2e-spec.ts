import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { faultsOf, type Repository } from './requirements/check-requirements.js';
import { requirementsOf } from './requirements/requirements-table.js';
import { testTitlesOf } from './requirements/test-titles.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const numbered = (section: string, count: number) => Array.from({ length: count }, (_, index) => `${section}.${index + 1}`);

/**
 * Every requirement of the chapters that docs/asvs.md promises to answer whole (ASVS 5.0.0), the sections of NIST SP 800-63B-4 §5, and
 * each single one of other chapters that bears on a session layer. A row that is not among them could be deleted unnoticed.
 */
const DEMANDED = [
  ...numbered('3.3', 5),
  ...numbered('3.5', 8),
  ...numbered('6.3', 8),
  ...[3, 4, 2, 5, 3, 2].flatMap((count, index) => numbered(`7.${index + 1}`, count)),
  ...numbered('9.1', 3),
  ...numbered('9.2', 4),
  ...numbered('10.4', 16),
  ...'abcdefghijkl'.split('').map((letter) => `5.1 ${letter}`),
  ...'abc'.split('').map((letter) => `5.1.1 ${letter}`),
  '5.1.2',
  ...'abcd'.split('').map((letter) => `5.2 ${letter}`),
  '5.3',
  ...['2.1.3', '2.2.3', '2.3.3', '3.2.2', '4.2'].map((section) => `NIST ${section}`),
  '2.3.4',
  ...numbered('3.4', 7),
  '3.7.2',
  ...'6.1.1 6.2.3 6.2.4 6.2.12 6.4.3 6.5.1 6.5.5 6.6.3'.split(' '),
  ...'8.1.3 8.1.4 8.2.2 8.2.4 8.3.2 8.4.1'.split(' '),
  '8.2.2 a',
  ...'10.1.1 10.3.1 10.3.4 10.3.5 10.5.5'.split(' '),
  ...'11.1.1 11.2.2 11.2.3 11.2.4 11.5.1 13.3.4'.split(' '),
  ...numbered('11.3', 4),
  ...'14.1.2 14.2.1 14.2.4 14.2.7 14.3.1 14.3.2'.split(' '),
  ...'16.2.1 16.2.2 16.2.5 16.4.1 16.4.2'.split(' '),
  ...numbered('16.3', 3),
  ...numbered('16.5', 3),
];

/**
 * Patterns of specs that do not run here. On a developer's machine those that need a missing server are named all the same; in CI
 * nothing may be shown by a test that is left out.
 */
async function ignored(): Promise<readonly string[]> {
  if (!process.env['CI']) return [];
  const { testPathIgnorePatterns } = await import('./jest.config.mjs');
  return testPathIgnorePatterns;
}

async function thisRepository(leftOut: readonly string[]): Promise<Repository> {
  const specs = new Map<string, ReadonlySet<string>>();
  for (const folder of ['test', 'src', 'libs/session/src', 'libs/client/src']) {
    for (const file of await readdir(root + folder, { recursive: true })) {
      const path = join(root, folder, file);
      if (!/[.-]spec\.ts$/.test(file) || leftOut.some((pattern) => new RegExp(pattern).test(path))) continue;
      const titles = testTitlesOf(await readFile(path, 'utf8'));
      specs.set(basename(file).replace(/(\.e2e-spec)?\.ts$/, ''), titles);
    }
  }
  const options = await readFile(`${root}libs/session/src/core/options/session-options.ts`, 'utf8');
  const lifetimes = await readFile(`${root}libs/session/src/core/options/lifetime-presets.ts`, 'utf8');
  const variables = await readFile(`${root}.env.example`, 'utf8');
  return {
    titles: (file) => specs.get(file),
    has: (path) => existsSync(`${root}libs/session/src/${path}`) || existsSync(root + path),
    settings: new Set([
      ...[...`${options}\n${lifetimes}`.matchAll(/^\s+readonly (\w+)\??:/gm)].map(([, name = '']) => name),
      ...[...variables.matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, name = '']) => name),
    ]),
  };
}

describe('The requirements of OWASP ASVS and NIST SP 800-63B-4, in docs/asvs.md', () => {
  let document: string;
  let repository: Repository;

  beforeAll(async () => {
    document = await readFile(`${root}docs/asvs.md`, 'utf8');
    repository = await thisRepository(await ignored());
  });
  const faultsWith = (from: string | RegExp, to: string) => {
    const changed = document.replace(from, to);
    expect(changed).not.toBe(document);
    return faultsOf(requirementsOf(changed), DEMANDED, repository);
  };

  it('are each answered, by tests and files and settings that exist, or with a reason why not', () => {
    expect(faultsOf(requirementsOf(document), DEMANDED, repository)).toEqual([]);
  });

  it('fail the build when one is missing, or stands twice', () => {
    const line = /^\| 7\.2\.3 .*\n/m;
    expect(faultsWith(line, '')).toEqual(['7.2.3 is missing']);
    expect(faultsWith(line, '$&$&')).toEqual(['7.2.3 stands twice']);
  });

  it('fail the build whichever of them is missing, of the last section too', () => {
    const requirements = requirementsOf(document);
    for (const { id } of requirements) {
      const others = requirements.filter((other) => other.id !== id);
      expect(faultsOf(others, DEMANDED, repository)).toEqual([`${id} is missing`]);
    }
  });

  it('fail the build when a test that is named does not run where it must', async () => {
    const elsewhere = await thisRepository(['/store-outage-(silent|full)']);
    const faults = faultsOf(requirementsOf(document), DEMANDED, elsewhere);
    expect(faults).toContainEqual(expect.stringMatching(/^14\.3\.2 .*no spec called store-outage-silent runs$/));
    expect(faults.filter((fault) => !fault.includes('store-outage-silent'))).toEqual([]);
  });

  it('fail the build when a test that is named is renamed, skipped or gone', () => {
    const title = 'are random in each of their 128 bits';
    expect(faultsWith(`session-id.spec › ${title}`, 'session-id.spec › are random')).toEqual([
      expect.stringMatching(/^7\.2\.3 .*session-id\.spec has no test called "are random"$/),
    ]);
    expect(faultsWith(`session-id.spec › ${title}`, `session-ids.spec › ${title}`)).toEqual([
      expect.stringMatching(/^7\.2\.3 .*no spec called session-ids\.spec runs$/),
    ]);
    const spec = `
      describe('a group', () => {
        it('runs');
        it.each([1])('runs for %s');
        it(\`runs \${n} times\`);
      });
      describe('a group of nothing', () => {
        it.skip('is skipped');
        it.todo('is yet to be written');
      });
      describe.skip('a skipped group', () => {
        it('never runs');
      });
      it.skip.each([1])('nor for %s');`;
    expect([...testTitlesOf(spec)].sort()).toEqual(['a group', 'runs', 'runs ${n} times', 'runs for %s']);
  });

  it('fail the build when one is said to be met and no test is named, or has no answer, or no reason', () => {
    expect(faultsWith(/^(\| 7\.6\.2 .*\|)[^|]*\|$/m, '$1 – |')).toEqual([expect.stringMatching(/no test is named$/)]);
    expect(faultsWith(/^(\| 7\.1\.3 .*) not offered /m, '$1 perhaps ')).toEqual([
      expect.stringMatching(/"perhaps" is no answer$/),
    ]);
    expect(faultsWith(/\| no federation +\|/, '| – |')).toEqual([expect.stringMatching(/says nothing of how, or why not$/)]);
  });

  it('fail the build when a file or a setting that is named does not exist', () => {
    expect(faultsWith('`core/session-reader.ts`', '`core/session-readers.ts`')).toEqual([
      expect.stringMatching(/there is no core\/session-readers\.ts$/),
    ]);
    expect(faultsWith(/\| `clockTolerance` +\|/, '| `clockTolerances` |')).toEqual([
      expect.stringMatching(/there is no setting clockTolerances$/),
    ]);
  });
});
