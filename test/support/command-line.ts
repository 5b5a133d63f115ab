import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from '../../src/database/testing/engines.js';

const PROGRAM = fileURLToPath(new URL('../../libs/session/dist/cli/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a program said, and what it ended with. */
export interface Said {
  readonly code: unknown;
  readonly text: string;
}

/** Runs the program that the package installs, with this environment and no other. */
export function nestjsHybridSession(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = ROOT,
): Promise<Said> {
  const env = { PATH: process.env['PATH'], ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...words], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, text: stdout + stderr }),
    );
  });
}

/** How it is told of a database. */
export interface Told {
  readonly environment: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

/** By the address of a server, or by a module of the host. */
export function inDatabase({ config }: TestDatabase): Told {
  return config.engine === 'postgres'
    ? { environment: { DATABASE_URL: config.url }, words: [] }
    : { environment: { USERS_FILE: config.file }, words: ['--data-source', 'test/support/key-data-source.mjs'] };
}
