import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.mjs';
import type { Rules } from './operation.js';
import type { PlantedFault } from './planted-faults.js';
import type { SharedAccounts } from './shared-accounts.js';
import type { FromWorker, Ports, ToWorker, WorkerSetup } from './worker-setup.js';

const COMPILER = new URL('./typescript.mjs', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** An instance of an application under test, in a process that can be killed. */
export class WorkerProcess {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    readonly name: string,
    private readonly setup: WorkerSetup,
    private readonly accounts: SharedAccounts,
    private readonly ports: Ports,
  ) {}

  static async start(name: string, setup: WorkerSetup, accounts: SharedAccounts): Promise<WorkerProcess> {
    const worker = new WorkerProcess(name, setup, accounts, { 'at-once': await freePort(), never: await freePort() });
    await worker.restart();
    return worker;
  }

  urlFor(predecessorDies: Rules['predecessorDies']): string {
    return `http://127.0.0.1:${this.ports[predecessorDies]}`;
  }

  /** Starts it again, at the same address. */
  async restart(): Promise<void> {
    const child = spawn(process.execPath, ['--conditions=hybrid-session-src', `--import=${COMPILER}`, PROGRAM], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], NODE_ENV: 'test' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += String(chunk);
      });
    }
    child.on('message', (message: FromWorker) => {
      if (typeof message === 'object') void this.answer(child, message);
    });
    child.on('error', () => undefined); // what could not be told to a killed process
    await this.told(child, { setup: this.setup, ports: this.ports }, 'ready');
  }

  /** Lets its store do something wrong from now on, or nothing any more. */
  async plant(fault: PlantedFault | 'none'): Promise<void> {
    if (this.child) await this.told(this.child, { fault }, 'planted');
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  private async answer(child: ChildProcess, { number, question }: Extract<FromWorker, object>): Promise<void> {
    const answer = await this.accounts.answer(question);
    if (child.connected) child.send({ number, answer } satisfies ToWorker);
  }

  private told(child: ChildProcess, order: ToWorker, obeyed: FromWorker): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`Worker ${this.name} ended with code ${code}:\n${this.output}`));
      const heard = (message: FromWorker) => {
        if (message !== obeyed) return;
        child.off('message', heard).off('exit', ended);
        resolve();
      };
      child.on('message', heard).on('exit', ended);
      child.send(order);
    });
  }
}
