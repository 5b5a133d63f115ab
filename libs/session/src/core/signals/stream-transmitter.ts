import { InvalidOptionsError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { SignalOutbox } from '../ports/signal-outbox.js';
import type { Delivery, SignalReceiver } from '../ports/signal-receiver.js';
import type { PushReceiver, SignalStream } from './signals-options.js';
import type { SignedSignal, StreamSignals } from './stream-signals.js';
import { reasonOf, type TroubleLog } from './trouble-log.js';

/** Milliseconds between two looks. */
const LOOKED_AT_EVERY = 1_000;
/** How long one instance delivers before another may, unless it says that it goes on: longer than a delivery takes. */
const TURN = 15_000;
/** Signals that are under way to one receiver at the same time. No order is promised (RFC 8935 §1). */
const AT_ONCE = 8;
/** The longest time that a receiver is left alone. */
const LONGEST_REST = 60_000;
/** The longest time that one signal is left alone, of a receiver that takes others. */
const LONGEST_PAUSE = 3_600_000;

/** What came of some deliveries: all were accepted; some were, or were refused for what they are; or the receiver is away. */
type Result = 'accepted' | 'mixed' | 'away';

/**
 * Follows the audit trail for one stream, and pushes to its receiver what that says. Each signal is delivered at least once, by whichever
 * instance has the turn. What is not taken is tried again when it has waited for twice as long, after those that were not tried yet.
 */
export class StreamTransmitter {
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;

  constructor(
    private readonly stream: SignalStream,
    private readonly signals: StreamSignals,
    private readonly outbox: SignalOutbox,
    private readonly receiver: SignalReceiver,
    private readonly clock: Clock,
    private readonly trouble: TroubleLog,
  ) {}

  /** Takes its place in the trail, and looks again and again until it is closed. @throws InvalidOptionsError when it never could */
  async start(): Promise<void> {
    try {
      await this.signals.collect(this.stream);
    } catch (error) {
      if (error instanceof InvalidOptionsError) throw error;
      this.trouble.note(reasonOf(error));
    }
    this.timer = setInterval(() => void this.look(), LOOKED_AT_EVERY).unref();
  }

  /** Ends it; what is under way is broken off, and tried again by whoever looks next. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.stop.abort();
    await this.underWay;
  }

  /** One look, or the one that is under way. Never throws. */
  look(): Promise<void> {
    this.underWay ??= this.attempt().finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  private async attempt(): Promise<void> {
    try {
      await this.signals.collect(this.stream);
      const isWell = this.stream.push ? await this.takeTurn(this.stream.push) : true;
      if (isWell) this.trouble.over();
    } catch (error) {
      this.trouble.note(reasonOf(error));
    }
  }

  /** Answers whether nothing went wrong. */
  private async takeTurn(to: PushReceiver): Promise<boolean> {
    if ((await this.due()).length === 0) return true;
    let until = this.clock.now() + TURN;
    if (!(await this.outbox.claim(this.stream.id, this.clock.now(), until))) return false;
    let rest = 0;
    try {
      let isWell = true;
      // Asked again: whoever had the turn before may have delivered some.
      for (let due = await this.due(); due.length > 0 && !this.stop.signal.aborted; due = await this.due()) {
        const result = await this.deliver(due, to);
        if (this.stop.signal.aborted) return false;
        isWell &&= result === 'accepted';
        rest = result === 'away' ? this.pauseOf(due, LONGEST_REST) : 0;
        if (rest > 0) break;
        const later = this.clock.now() + TURN;
        if (!(await this.outbox.extend(this.stream.id, until, later))) return false; // it took too long: another has the turn
        until = later;
      }
      return isWell;
    } finally {
      await this.outbox.extend(this.stream.id, until, this.clock.now() + rest);
    }
  }

  private due(): Promise<readonly SignedSignal[]> {
    return this.signals.due(this.stream, AT_ONCE);
  }

  private async deliver(signals: readonly SignedSignal[], to: PushReceiver): Promise<Result> {
    const { signal } = this.stop;
    const deliveries = await Promise.all(signals.map(({ token }) => this.receiver.deliver(token, to, signal)));
    const those = (outcome: Delivery['outcome']) => signals.filter((_, at) => deliveries[at]?.outcome === outcome);
    const [accepted, refused, failed] = [those('accepted'), those('refused'), those('failed')];
    await this.signals.remove(this.stream, accepted);
    if (accepted.length === signals.length) return 'accepted';
    if (signal.aborted) return 'mixed'; // it is we who have gone
    for (const delivery of deliveries) if (delivery.outcome !== 'accepted') this.trouble.note(delivery.why);
    const isAway = failed.length === signals.length;
    const longest = isAway ? LONGEST_REST : LONGEST_PAUSE;
    for (const one of [...refused, ...failed])
      await this.outbox.putOff(this.stream.id, one.id, this.clock.now() + this.pauseOf([one], longest));
    return isAway ? 'away' : 'mixed';
  }

  /** As long again as the first of them has waited. */
  private pauseOf(signals: readonly SignedSignal[], longest: number): number {
    const since = Math.min(...signals.map(({ at }) => at));
    return Math.min(Math.max(this.clock.now() - since, LOOKED_AT_EVERY), longest);
  }
}
