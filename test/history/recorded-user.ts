import { type HttpCalls, NOT_SENT, UNKNOWN } from './http-calls.js';
import type { Answer, Call, Operation, Rules } from './operation.js';
import { randomCall } from './random-calls.js';
import type { Seeded } from './seeded.js';
import type { Wallet } from './wallet.js';

/** Where calls are sent: an instance of the application. */
export interface Instance {
  readonly name: string;
  urlFor(predecessorDies: Rules['predecessorDies']): string;
}

/** How often a client does not wait for its answer, as if that had been lost, and goes on at once; often with the same call again. */
const IMPATIENT = 0.1;

/** One user, whose clients do what chance says, each one thing after the other. All that they did and heard is noted. */
export class RecordedUser {
  private readonly operations = new Map<number, Operation>();

  constructor(
    private readonly wallet: Wallet,
    private readonly http: HttpCalls,
    private readonly instances: readonly Instance[],
    private readonly predecessorDies: Rules['predecessorDies'],
    /** Numbers the calls of all users. */
    private readonly nextNumber: () => number,
  ) {}

  get history(): readonly Operation[] {
    return [...this.operations.values()];
  }

  /** One client: makes so many calls. */
  async act(client: string, calls: number, chance: Seeded): Promise<void> {
    const unheard: Promise<void>[] = [];
    let again: Call | undefined;
    for (let made = 0; made < calls; made += 1) {
      const call = again ?? randomCall(this.wallet, chance);
      const answered = this.make(call, client, chance);
      const isImpatient = chance.happens(IMPATIENT);
      if (isImpatient) unheard.push(answered);
      else await answered;
      again = isImpatient && chance.happens(0.5) ? call : undefined;
    }
    await Promise.all(unheard);
  }

  private async make(call: Call, client: string, chance: Seeded): Promise<void> {
    const instance = chance.pick(this.instances);
    if (!instance) throw new Error('There is no instance to ask.');
    const id = this.nextNumber();
    const operation: Operation = { id, user: this.wallet.user, client, instance: instance.name, call, calledAt: now() };
    this.operations.set(id, operation);
    const answer = await this.http.make(call, instance.urlFor(this.predecessorDies));
    if (answer === NOT_SENT) this.operations.delete(id);
    else if (answer !== UNKNOWN) this.operations.set(id, { ...operation, returned: { at: now(), answer } });
    this.learn(call, answer);
  }

  /** What the clients take from an answer, beside the secrets in it. */
  private learn(call: Call, answer: Answer | typeof NOT_SENT | typeof UNKNOWN): void {
    const { wallet } = this;
    if (answer === UNKNOWN && call.type === 'changePassword') wallet.uncertain.push(call.next);
    if (answer === NOT_SENT || answer === UNKNOWN) return;
    if (call.type === 'login' || call.type === 'reauthenticate' || call.type === 'changePassword') {
      if (answer.type === 'issued') wallet.password = call.type === 'changePassword' ? call.next : call.password;
    } else if (call.type === 'logout') wallet.sawRefused(call.shown.session);
    else if (answer.type === 'refused') wallet.sawRefused('shown' in call ? call.shown.session : call.session);
  }
}

/** Microseconds, by this process's monotonic clock. */
function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
