import { InvalidOptionsError } from '../../core/errors.js';
import { EVERY_SLOT, type Journal } from '../../core/ports/journal.js';
import type { Relay, RelayLag } from '../../core/ports/relay.js';
import type { JournalRelay } from './journal-relay.js';
import type { RedisLink } from './redis-link.js';

/** Milliseconds between two times that old entries are removed. */
const PRUNE_EVERY = 60_000;

/** Looks, again and again, for entries that nobody has applied, and applies them. */
export class RelayLoop implements Relay {
  private running: Promise<void> | undefined;
  private closed = false;
  private wake: () => void = () => undefined;
  private prunedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param interval milliseconds between two rounds: what the lag of the relay is, but for the time that a round takes
   * @param time the store's clock
   * @param writeOutstanding writes what could not be written to the journal when it was done
   * @param met resolves when Redis is one that was caught up with
   */
  constructor(
    private readonly link: RedisLink,
    private readonly journal: Journal,
    private readonly relay: JournalRelay,
    private readonly interval: number,
    private readonly time: () => Promise<number>,
    private readonly writeOutstanding: () => Promise<void>,
    private readonly met: () => Promise<void>,
  ) {
    if (!(interval > 0 && Number.isFinite(interval)))
      throw new InvalidOptionsError([`relayInterval must be milliseconds above 0, not ${interval}.`]);
  }

  get lag(): RelayLag {
    return this.relay.lag;
  }

  start(onFailure: (error: unknown) => void): void {
    this.running ??= this.run(onFailure);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.running;
  }

  /** One look at everything that may be outstanding. @throws StoreUnavailableError */
  async round(): Promise<void> {
    await this.met(); // also where nothing is outstanding: whoever waits for a request to notice is silent about it
    await this.writeOutstanding();
    const heads = await this.journal.unsettled();
    const slots = [...heads.keys()].filter((slot) => slot !== EVERY_SLOT);
    const positions = new Map(await this.relay.positions(this.link, slots));
    const behind = slots.filter((slot) => (positions.get(slot) ?? 0) < (heads.get(slot) ?? 0));
    if (behind.length > 0) {
      await this.relay.applyAfter(this.link, new Map(behind.map((slot) => [slot, positions.get(slot) ?? 0])));
      for (const [slot, position] of await this.relay.positions(this.link, behind)) positions.set(slot, position);
    }
    const everyone = heads.get(EVERY_SLOT);
    if (everyone !== undefined) {
      await this.relay.endEveryoneAgain(this.link);
      positions.set(EVERY_SLOT, everyone);
    }
    await this.journal.settle(positions);
    if (performance.now() - this.prunedAt < PRUNE_EVERY) return;
    this.prunedAt = performance.now();
    while (!this.closed && (await this.journal.prune(await this.time())) > 0); // some thousands each time
  }

  private async run(onFailure: (error: unknown) => void): Promise<void> {
    let failed = false;
    while (!this.closed) {
      try {
        await this.round();
        failed = false;
      } catch (error) {
        if (!failed) onFailure(error);
        failed = true;
      }
      await this.pause();
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      if (this.closed) return resolve();
      const timer = setTimeout(resolve, this.interval);
      timer.unref(); // looking keeps no process alive
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
