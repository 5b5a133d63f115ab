import type { Clock } from '../ports/clock.js';
import type { SignalOutbox } from '../ports/signal-outbox.js';
import type { SignalReceiver } from '../ports/signal-receiver.js';
import type { PushReceiver, SignalStream } from './signals-options.js';
import type { StreamSignals } from './stream-signals.js';

/** Milliseconds between two looks. */
const LOOKED_AT_EVERY = 1_000;
/** How long a turn lasts at the most: then another instance may deliver. */
const TURN = 60_000;
/** What a turn that is nearly over leaves to the next: one delivery may take so long. */
const SPARE = 10_000;
/** Signals that are read at once. */
const BATCH = 50;
const LONGEST_PAUSE = 3_600_000;

/** Told of what keeps signals from a receiver, once until it is over. */
export type SignalTrouble = (stream: string, why: string) => void;

/**
 * Follows the audit trail for every stream, and pushes to receivers what it says. Each signal is delivered at least once, by whichever
 * instance has the turn; what a receiver does not take is tried again, ever more rarely, until it is too old.
 */
export class SignalTransmitter {
  private readonly troubled = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;

  constructor(
    private readonly streams: readonly SignalStream[],
    private readonly signals: StreamSignals,
    private readonly outbox: SignalOutbox,
    private readonly receiver: SignalReceiver,
    private readonly clock: Clock,
    private readonly onTrouble: SignalTrouble,
  ) {}

  /** Looks now, and again and again until it is closed. */
  start(): void {
    const look = () => {
      this.underWay ??= this.tend().finally(() => (this.underWay = undefined));
    };
    look();
    this.timer ??= setInterval(look, LOOKED_AT_EVERY).unref();
  }

  /** Ends it. To be called before the connections of the outbox are closed. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.underWay;
  }

  /** One look at every stream. Never throws. */
  async tend(): Promise<void> {
    await Promise.all(
      this.streams.map(async (stream) => {
        try {
          await this.signals.collect(stream);
          if (stream.push) await this.take(stream, stream.push);
          else this.troubled.delete(stream.id);
        } catch (error) {
          this.trouble(stream, reasonOf(error));
        }
      }),
    );
  }

  private async take(stream: SignalStream, to: PushReceiver): Promise<void> {
    const now = this.clock.now();
    if (!(await this.outbox.claim(stream.id, now, now + TURN))) return;
    await this.outbox.rest(stream.id, await this.push(stream, to, now + TURN - SPARE));
  }

  /** Answers when the receiver may be tried again. After a failure it is left alone: it need not be asked again for each signal. */
  private async push(stream: SignalStream, to: PushReceiver, until: number): Promise<number> {
    for (;;) {
      const due = await this.signals.due(stream, BATCH);
      if (due.length === 0) return this.clock.now();
      for (const { id, at, token } of due) {
        if (this.clock.now() >= until) return this.clock.now();
        const delivery = await this.receiver.deliver(token, to);
        if (delivery.outcome === 'accepted') {
          await this.signals.remove(stream, [id]);
          this.troubled.delete(stream.id);
          continue;
        }
        this.trouble(stream, delivery.why);
        if (delivery.outcome === 'failed') return this.later(at);
        await this.outbox.putOff(stream.id, id, this.later(at));
      }
    }
  }

  /** Tried again when it has waited for twice as long. */
  private later(since: number): number {
    const now = this.clock.now();
    return now + Math.min(Math.max(now - since, LOOKED_AT_EVERY), LONGEST_PAUSE);
  }

  private trouble({ id }: SignalStream, why: string): void {
    if (!this.troubled.has(id)) this.onTrouble(id, why);
    this.troubled.add(id);
  }
}

/** A store's error says only that it is away; why stands in its cause. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return reason instanceof Error ? reason.message : 'unknown error';
}
