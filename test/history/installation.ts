import { randomBytes } from 'node:crypto';
import { signingKey } from '../support/host-app.js';
import type { Rules } from './operation.js';
import type { PlantedFault } from './planted-faults.js';
import { Recorder, type Round } from './recorder.js';
import { SharedAccounts } from './shared-accounts.js';
import { judge, type Verdict } from './verdict.js';
import { WorkerProcess } from './worker-process.js';
import { LIMIT, type StoreUnderTest } from './worker-setup.js';

/** Seconds for each claim: as short as can be in the normal run, minutes by `npm run check:history`. */
const SECONDS = Number(process.env['HISTORY_SECONDS'] ?? 0);
/** Of the first round; each further one has the next. Given, it gives the same calls again. */
const SEED = Number(process.env['HISTORY_SEED'] ?? Date.now() % 1_000_000);
/** One for each refresh window at the least. */
const ROUNDS = 2;
const SHORT = { users: 5, clientsPerUser: 4, callsPerClient: 25 };
/** The long run has rounds of this size too: the longer a history, the more there is to explain. */
const LONG = { users: 8, clientsPerUser: 4, callsPerClient: 100 };
const WINDOWS: readonly Rules['predecessorDies'][] = ['at-once', 'never'];

/** Milliseconds within which a claim is shown, on a machine that has other things to do. */
export const PATIENCE = 600_000 + SECONDS * 3_000;

/** Processes over one store, and clients that use them. */
export class Installation {
  private readonly figures: string[] = [];

  private constructor(
    readonly workers: readonly WorkerProcess[],
    private readonly recorder: Recorder,
  ) {}

  static async start(store: StoreUnderTest, names: readonly string[]): Promise<Installation> {
    const setup = { store, keys: [randomBytes(32).toString('base64url')], signingKeys: [await signingKey()] };
    const accounts = new SharedAccounts();
    const workers = await Promise.all(names.map((name) => WorkerProcess.start(name, setup, accounts)));
    return new Installation(workers, new Recorder(workers));
  }

  /** Records rounds and judges each, until the time is up or one is not lawful. */
  async observe(what: string, trouble?: Round['trouble']): Promise<Verdict> {
    const began = performance.now();
    let sum: Verdict = { violation: undefined, calls: 0, unanswered: 0, overlapping: 0, widest: 0 };
    for (let at = 0; at < ROUNDS || (!sum.violation && performance.now() - began < SECONDS * 1_000); at += 1) {
      const window = WINDOWS[at % WINDOWS.length] ?? 'never';
      const verdict = await this.round(at, at % 4 < ROUNDS ? SHORT : LONG, window, trouble);
      sum = {
        violation: sum.violation ?? verdict.violation,
        calls: sum.calls + verdict.calls,
        unanswered: sum.unanswered + verdict.unanswered,
        overlapping: sum.overlapping + verdict.overlapping,
        widest: Math.max(sum.widest, verdict.widest),
      };
    }
    const took = ((performance.now() - began) / 1_000).toFixed(1);
    this.figures.push(
      `${what}, seed ${SEED}: ${sum.calls} calls in ${took} s, ${sum.overlapping} beside another of the same user, ` +
        `${sum.unanswered} without an answer, at most ${sum.widest} ways at once`,
    );
    return sum;
  }

  /**
   * Records rounds with a fault in every store, until one is not lawful, and answers why; `undefined` when none was. Predecessors die
   * at once, since only then does it matter what a store forgets of them.
   */
  async expose(fault: PlantedFault, rounds: number): Promise<string | undefined> {
    await Promise.all(this.workers.map((worker) => worker.plant(fault)));
    for (let at = 0; at < rounds; at += 1) {
      const { violation } = await this.round(at, SHORT, 'at-once');
      if (violation === undefined) continue;
      this.figures.push(`${fault}, seed ${SEED}: found in round ${at + 1}`);
      if (process.env['HISTORY_TELLS']) this.figures.push(violation);
      return violation;
    }
    return undefined;
  }

  /** Ends it, and tells what it was like when that is asked for. */
  async close(): Promise<void> {
    await this.recorder.close();
    await Promise.all(this.workers.map((worker) => worker.kill()));
    if (SECONDS > 0 || process.env['HISTORY_TELLS']) process.stdout.write(`${this.figures.join('\n')}\n`);
  }

  private async round(
    at: number,
    size: typeof SHORT,
    predecessorDies: Rules['predecessorDies'],
    trouble?: Round['trouble'],
  ): Promise<Verdict> {
    const histories = await this.recorder.record({ ...size, seed: SEED + at, predecessorDies, ...(trouble ? { trouble } : {}) });
    const verdict = judge(histories, { predecessorDies, limit: LIMIT });
    const again = `Round ${at + 1}; the same calls again: HISTORY_SEED=${SEED} npm run check:history\n`;
    return { ...verdict, violation: verdict.violation && again + verdict.violation };
  }
}
