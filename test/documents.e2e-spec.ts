import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { documents } from './support/documented-code.js';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The anchor of a heading, as hosts of repositories make it: lower case, blanks to hyphens, other signs dropped. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

/** The links of one document that lead nowhere in this repository. */
async function deadLinks(file: string, text: string): Promise<string[]> {
  const dead: string[] = [];
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const absolute = path === '' ? join(root, file) : join(root, dirname(file), path);
    const isThere = existsSync(absolute) && !relative(root, absolute).startsWith('..');
    if (!isThere || (anchor && !anchorsOf(await readFile(absolute, 'utf8')).includes(anchor))) dead.push(`${file}: ${target}`);
  }
  return dead;
}

describe('The documentation', () => {
  it('has no link that leads nowhere', async () => {
    const dead = await Promise.all(
      (await documents()).map(async (file) => deadLinks(file, await readFile(join(root, file), 'utf8'))),
    );
    expect(dead.flat()).toEqual([]);
  });

  it('would not get away with one, to a file or to a heading', async () => {
    const text =
      '[a](docs/SECURITY.md) [b](docs/NOTHING.md) [c](docs/SECURITY.md#nowhere) [d](../outside.md) [e](https://example.com)';
    expect(await deadLinks('README.md', text)).toEqual([
      'README.md: docs/NOTHING.md',
      'README.md: docs/SECURITY.md#nowhere',
      'README.md: ../outside.md',
    ]);
  });

  it('lists every decision', async () => {
    const index = await readFile(`${root}docs/decisions/README.md`, 'utf8');
    const decisions = (await readdir(`${root}docs/decisions`)).filter((file) => file !== 'README.md');
    expect(decisions.filter((file) => !index.includes(`](${file})`))).toEqual([]);
  });
});
