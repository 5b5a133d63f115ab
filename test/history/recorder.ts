import { Agent } from 'undici';
import { HttpCalls } from './http-calls.js';
import type { Operation, Rules } from './operation.js';
import { type Instance, RecordedUser } from './recorded-user.js';
import { Seeded } from './seeded.js';
import { Wallet } from './wallet.js';

/** One round: so many users, each with clients of its own that make so many calls one after the other. */
export interface Round {
  readonly seed: number;
  readonly predecessorDies: Rules['predecessorDies'];
  readonly users: number;
  readonly clientsPerUser: number;
  readonly callsPerClient: number;
  /** Told how many calls were made in this round, before the next: so that something may go wrong then. */
  readonly trouble?: (calls: number) => void;
}

/**
 * Lets many clients do what chance says, and notes when each call was made and when its answer came: by one clock, since all clients
 * live in this process. Chance is seeded; the order in which servers and store get to the calls is not.
 */
export class Recorder {
  private readonly agent = new Agent({ headersTimeout: 60_000, bodyTimeout: 60_000 });
  private rounds = 0;

  constructor(private readonly instances: readonly Instance[]) {}

  /** The history of each user. Every round has users of its own. */
  async record({
    seed,
    predecessorDies,
    users,
    clientsPerUser,
    callsPerClient,
    trouble,
  }: Round): Promise<readonly (readonly Operation[])[]> {
    this.rounds += 1;
    let calls = 0;
    const nextNumber = () => {
      trouble?.(calls);
      calls += 1;
      return calls;
    };
    const recorded = Array.from({ length: users }, async (_, at) => {
      const wallet = new Wallet(`user-${this.rounds}-${at}`);
      const user = new RecordedUser(wallet, new HttpCalls(wallet, this.agent), this.instances, predecessorDies, nextNumber);
      const clients = Array.from({ length: clientsPerUser }, (__, client) =>
        user.act(`client-${client}`, callsPerClient, new Seeded(seed * 1_000 + at * clientsPerUser + client)),
      );
      await Promise.all(clients);
      return user.history;
    });
    return Promise.all(recorded);
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
