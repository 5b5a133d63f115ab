import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import type { AdapterName } from '../support/host-app.js';

const PROGRAM = fileURLToPath(new URL('./instance.mjs', import.meta.url));

/** What an instance is told before it starts. */
export interface InstanceSetup {
  /** By which its connections to the database are known. */
  readonly name: string;
  readonly adapter: AdapterName;
  readonly database: string;
  /** Where sessions are; without it they lie in the database, beside the users. */
  readonly redis?: string;
  readonly keys: readonly string[];
  readonly signingKeys: readonly JWK[];
  /** Milliseconds between two looks for what others have left in the journal; without it there is none. */
  readonly relayInterval?: number;
}

/**
 * At which step a process dies: before it is taken, or after, when the answer to it has not come yet. By name, and which of that name: what
 * goes on beside a request may come sooner or later among its steps.
 */
export interface CrashPoint {
  readonly step: string;
  /** Counted from 1. */
  readonly nth: number;
  readonly when: 'before' | 'after';
}

interface News {
  readonly did: 'start' | 'arm' | 'disarm' | 'lag';
  readonly url?: string;
  readonly steps?: readonly string[];
  readonly lag?: number;
}

/** An instance of an application, in a process that can be told where to crash. */
export class InstanceProcess {
  private readonly output: string[] = [];
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    /** Where it answers. */
    readonly url: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => void this.output.push(String(chunk)));
  }

  static async start(setup: InstanceSetup): Promise<InstanceProcess> {
    const env = { PATH: process.env['PATH'], NODE_ENV: 'test' };
    const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const errors: string[] = [];
    child.stderr?.on('data', (chunk) => void errors.push(String(chunk)));
    child.send(setup);
    const news = await firstOf(child);
    if (!news?.url) throw new Error(`The instance did not start (run npm run build first?):\n${errors.join('')}`);
    return new InstanceProcess(setup.name, child, news.url);
  }

  /** Has it die at that step of what it is asked next; without one it only notes its steps. */
  async arm(point?: CrashPoint): Promise<void> {
    await this.ask({ ask: 'arm', point: point ?? { step: '', nth: 0, when: 'before' } });
  }

  /** The steps that it took, after which it dies of nothing any more; `undefined` when it has died as it was told to. */
  async settle(): Promise<readonly string[] | undefined> {
    const news = await this.ask({ ask: 'disarm' });
    if (news) return news.steps ?? [];
    if (this.child.signalCode !== 'SIGKILL') throw new Error(`The instance ended otherwise than told:\n${this.output.join('')}`);
    return undefined;
  }

  /** Milliseconds: the latest that it has applied something that another had left in the journal. */
  async relayLag(): Promise<number> {
    return (await this.ask({ ask: 'lag' }))?.lag ?? 0;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    await gone;
  }

  private async ask(question: { readonly ask: News['did']; readonly point?: CrashPoint }): Promise<News | undefined> {
    const answer = firstOf(this.child);
    this.child.send(question, () => undefined); // to a dead process nothing can be sent: its exit is the answer
    return answer;
  }
}

/** The next that a process tells; `undefined` when it ends instead. */
function firstOf(child: ChildProcess): Promise<News | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const heard = (news: News | undefined) => {
      child.off('message', heard).off('exit', ended);
      resolve(news);
    };
    const ended = () => heard(undefined);
    child.on('message', heard).on('exit', ended);
  });
}
