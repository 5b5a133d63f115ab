import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A sentinel of one test's own. */
export interface RedisSentinel {
  readonly port: number;
  kill(): Promise<void>;
}

/** Starts a sentinel that watches one primary on this machine, under the name `primary`. */
export async function startSentinel(port: number, primaryPort: number): Promise<RedisSentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'nhs-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  await writeFile(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor primary 127.0.0.1 ${primaryPort} 1\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The sentinel ended at start with code ${code}.`)));
    child.stdout.on('data', (lines) => {
      if (/\+monitor master/.test(String(lines))) resolve();
    });
  });
  return {
    port,
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
