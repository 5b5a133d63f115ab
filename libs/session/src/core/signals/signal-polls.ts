import type { SignalStream } from './signals-options.js';
import type { SignedSignal, StreamSignals } from './stream-signals.js';

/** Milliseconds between two looks for a client that waits. */
const LOOKED_AT_EVERY = 500;
/** How long a client may wait for something to come: less than what proxies allow a request. */
const LONGEST_WAIT = 20_000;

/** What a client asks for (RFC 8936 §2.2). */
export interface PollRequest {
  /** At most so many; 0: it only acknowledges. */
  readonly limit: number;
  readonly immediately: boolean;
  /** What it has, or will not take. */
  readonly done: readonly string[];
}

/** What a client is given (RFC 8936 §2.3). */
export interface PollAnswer {
  readonly signals: readonly SignedSignal[];
  readonly more: boolean;
}

/** Clients that fetch their signals (RFC 8936). What one has been given stays until it says that it has it. */
export class SignalPolls {
  private readonly waiting = new Set<() => void>();
  private closed = false;

  constructor(private readonly signals: StreamSignals) {}

  /** Whether the application stops: nobody waits any more. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** How many clients wait for something to come. */
  get clients(): number {
    return this.waiting.size;
  }

  /** Answers at once when there is something to tell, or the client will not wait. @throws StoreUnavailableError */
  async poll(stream: SignalStream, { limit, immediately, done }: PollRequest): Promise<PollAnswer> {
    await this.signals.acknowledge(stream, done);
    if (limit === 0) return { signals: [], more: false };
    const end = performance.now() + LONGEST_WAIT;
    for (;;) {
      await this.signals.collect(stream);
      const due = await this.signals.due(stream, limit + 1);
      if (due.length > 0 || immediately || this.closed || performance.now() >= end)
        return { signals: due.slice(0, limit), more: due.length > limit };
      await this.pause();
    }
  }

  /** Sends those who wait home. To be called before the server closes, which waits for them. */
  close(): void {
    this.closed = true;
    for (const wake of this.waiting) wake();
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, LOOKED_AT_EVERY);
      this.waiting.add(wake);
    });
  }
}
