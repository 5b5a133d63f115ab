import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

describe.each(['typescript', 'typescript7'])('a host that declares what its users and sessions hold, under %s', (compiler) => {
  it('is held to it by the compiler, where it gives them and where it gets them, without a cast', async () => {
    const complaints = await new Promise((resolve) => {
      const args = [`node_modules/${compiler}/bin/tsc`, '-p', 'test/types', '--pretty', 'false'];
      execFile(process.execPath, args, { cwd: root }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    expect(complaints).toBe(''); // an error that is expected and does not come is one too
  });
});
