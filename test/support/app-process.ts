import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { signingKey } from './host-app.js';
import { freePort } from './free-port.mjs';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PATIENCE = 30_000;

/** The environment that several instances of one application share: keys, users and a database of their own. */
export async function sharedEnvironment(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'nhs-app-'));
  return {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: `file:${join(folder, 'app.db')}`,
    SESSION_KEYS: randomBytes(32).toString('base64url'),
    SESSION_SLOT_SECRET: randomBytes(32).toString('base64url'),
    JWT_PRIVATE_JWK: JSON.stringify(await signingKey()),
    SEED_USERS: 'admin:admin-password:admin,ada:ada-password:user,bob:bob-password:user',
    LOGIN_LIMITER: 'off',
    PUBLIC_URL: 'http://localhost',
    ...more,
  };
}

/** Where an application runs, and which. */
interface Place {
  readonly port?: number;
  readonly cwd?: string;
  /** A built program that answers at the port it is told, with whatever. Default: the reference application. */
  readonly program?: string;
}

/** A built application, as a process of its own. */
export class AppProcess {
  private readonly output: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => void this.output.push(String(chunk)));
  }

  /** Starts it, on a free port unless one is given, and waits until it answers. */
  static async start(environment: Record<string, string>, given: Place = {}): Promise<AppProcess> {
    const port = given.port ?? (await freePort());
    const env = { ...environment, PORT: String(port) };
    const program = given.program ?? MAIN;
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: given.cwd ?? tmpdir() });
    const app = new AppProcess(child, `http://127.0.0.1:${port}`);
    try {
      await until(`the application answers (run npm run build first?)`, async () => {
        if (child.exitCode !== null) throw new Error(`The application ended with code ${child.exitCode}:\n${app.log}`);
        return (await fetch(`${app.url}/health/live`)).status === (given.program ? 404 : 200);
      });
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return app;
  }

  /** Everything that it printed. */
  get log(): string {
    return this.output.join('');
  }

  /** Stops it as a scheduler or a suspended machine does, until it is resumed. */
  hang(): void {
    this.child.kill('SIGSTOP');
  }

  /** Lets it go on. */
  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  /** Asks it to end, and answers with which code it did. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
    return this.child.exitCode;
  }
}

/** Waits for what another process brings about: asks again until it is so. A refused connection counts as not yet. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    try {
      if (await isSo()) return;
    } catch (error) {
      if (!isFetchFailure(error)) throw error;
    }
    await wait(20);
  }
  throw new Error(`Waited ${PATIENCE / 1000} s in vain until ${what}.`);
}

/** What fetch throws when nobody listens. It comes from outside Jest's realm, so that `instanceof` does not know it. */
function isFetchFailure(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'message' in error && error.message === 'fetch failed';
}
