import { availableParallelism } from 'node:os';
import { BusyError } from 'nestjs-hybrid-session';

// Hashing runs on libuv's pool of four threads; one stays free for files and DNS.
const AT_ONCE = Math.min(availableParallelism(), 3);
// Some seconds' worth of logins: whoever waits longer has given up.
const WAITING = 64;

/**
 * Lets only so many hashes run at once. Each takes 19 MiB and a core for tens of milliseconds, so a flood of logins would
 * otherwise take the memory and the processor from everyone who is logged in.
 */
export class HashingQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce = AT_ONCE,
    private readonly maxWaiting = WAITING,
  ) {}

  /**
   * Runs one hash, when it is its turn.
   * @throws BusyError when too many wait already
   */
  async run<T>(hash: () => Promise<T>): Promise<T> {
    if (this.running < this.atOnce) this.running++;
    else await this.turn();
    try {
      return await hash();
    } finally {
      const next = this.waiting.shift();
      if (next)
        next(); // hands its place on, so the count stays
      else this.running--;
    }
  }

  private turn(): Promise<void> {
    if (this.waiting.length >= this.maxWaiting) throw new BusyError();
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }
}
