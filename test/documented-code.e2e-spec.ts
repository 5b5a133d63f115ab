import { describe, expect, it } from '@jest/globals';
import { codeBlocks, compile, documents, textOfDocument } from './support/documented-code.js';

describe('The TypeScript in the documentation', () => {
  it('compiles against the packages, block by block', async () => {
    const files = await documents();
    const blocks = await Promise.all(files.map(async (file) => codeBlocks(file, await textOfDocument(file))));
    expect(blocks.flat().length).toBeGreaterThan(20);
    expect(compile(blocks.flat())).toEqual([]);
  }, 300_000);

  it('would not get away with an option, a method or an export that is not there', () => {
    const text = [
      '```ts\nconst sessions = SessionModule.forRoot({ publicURL: "" });\n```',
      '<!-- given: declare const sessions: SessionService; -->\n```ts\nawait sessions.kill("id");\n```',
      '```ts\nimport { SessionGuards } from "nestjs-hybrid-session";\n```',
      '<!-- given in a class -->\n```ts\n@UseGuards(SessionGuard)\nme(@CurrentUser() user: AuthenticatedUser) { return user.nickname; }\n```',
      '```ts\nconst guard: typeof SessionGuard = SessionGuard;\n```',
    ].join('\n\n');
    expect(compile(codeBlocks('README.md', text))).toEqual([
      expect.stringMatching(/^README\.md:1: .*publicURL/),
      expect.stringMatching(/^README\.md:6: .*'kill' does not exist/),
      expect.stringMatching(/^README\.md:10: .*no exported member.*SessionGuards/),
      expect.stringMatching(/^README\.md:15: .*'nickname' does not exist/),
    ]);
  }, 300_000);
});
