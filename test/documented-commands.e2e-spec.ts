import { describe, expect, it } from '@jest/globals';
import { documents, textOfDocument } from './support/documented-code.js';

/** Documents whose commands a test runs as they are printed. */
const WALKED = new Map([['docs/walk-with-curl.md', 'readme-walk']]);

/** Every other command that is printed, and what runs it or why nothing does. */
const KNOWN = new Map([
  ['npm ci && npm start', 'run without npm ci, as AppProcess starts it, by readme-walk'],
  ['npm ci && npm test', 'run by CI, which looks for this very line'],
  ['npx nestjs-hybrid-session init', 'run by init-command'],
]);

/** The lines of the shell blocks in a document. */
const commandsIn = (text: string) =>
  [...text.matchAll(/^ *```(?:sh|bash|shell|console)\n(.*?)^ *```$/gms)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line.trim() !== ''),
  );

const unknownIn = (file: string, text: string) =>
  WALKED.has(file) ? [] : commandsIn(text).flatMap((line) => (KNOWN.has(line) ? [] : [`${file}: ${line}`]));

describe('The commands in the documentation', () => {
  it('are run by a test, or it is said why not', async () => {
    const texts = await Promise.all((await documents()).map(async (file) => ({ file, text: await textOfDocument(file) })));
    expect(texts.flatMap(({ file, text }) => unknownIn(file, text))).toEqual([]);
    const printed = new Set(texts.flatMap(({ text }) => commandsIn(text)));
    expect([...KNOWN.keys()].filter((line) => !printed.has(line))).toEqual([]);
  });

  it('would not get away with another one', () => {
    expect(unknownIn('README.md', '```sh\nnpm run everything\n```')).toEqual(['README.md: npm run everything']);
  });
});
