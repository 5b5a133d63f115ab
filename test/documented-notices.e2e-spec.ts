import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { textOfDocument } from './support/documented-code.js';

const LIBRARY = fileURLToPath(new URL('../libs/session/src/', import.meta.url));
/** Where sentences are written that a start says. */
const SOURCES = /(stores\/.*(?<!journal-)faults|option-notices|csrf-exemptions|session\.module)\.ts$/;
/** A sentence: a text that begins with a capital and is no SQL. Of one with a gap, what comes before it. */
const SENTENCE = /(?<=['"`])(?!SELECT|PRAGMA)[A-Z][A-Za-z]* (?:[a-z]|Redis|PostgreSQL|CSRF)[^'"`$\n]+/g;

/** What the library may say at a start. */
async function sentences(): Promise<string[]> {
  const files = (await readdir(LIBRARY, { recursive: true })).filter((file) => SOURCES.test(file));
  const texts = await Promise.all(files.map((file) => readFile(LIBRARY + file, 'utf8')));
  const code = texts.map((text) => text.replace(/\/\*\*.*?\*\/|^\s*\/\/.*$/gms, ''));
  return code.flatMap((text) => [...text.matchAll(SENTENCE)].map(([sentence]) => sentence.trim()));
}

/** How the sentences begin that the page explains. */
async function explained(): Promise<string[]> {
  const page = await textOfDocument('docs/operations.md');
  const table = page.slice(page.indexOf('| it begins with'));
  return [...table.matchAll(/^\| ([A-Z].*?) +\|/gm)].map(([, beginning = '']) => beginning);
}

describe('The table of what a start says', () => {
  it('explains every sentence that the library has, and no other', async () => {
    const [said, known] = [await sentences(), await explained()];
    expect(said.length).toBeGreaterThan(25);
    expect(said.filter((sentence) => !known.some((beginning) => sentence.startsWith(beginning)))).toEqual([]);
    expect(known.filter((beginning) => !said.some((sentence) => sentence.startsWith(beginning)))).toEqual([]);
  });
});
