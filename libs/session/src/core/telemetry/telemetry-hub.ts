import type { SessionEvent } from '../events.js';
import { StoreUnavailableError } from '../errors.js';
import type { Moment, Stopwatch } from '../ports/stopwatch.js';
import type { StoreCall, StoreOperation, Telemetry, TelemetrySources } from '../ports/telemetry.js';

/** One call of a store that is to be told of when it is over. */
export interface WatchedCall<T> {
  readonly operation: StoreOperation;
  readonly records: number;
  readonly call: () => Promise<T>;
}

/** Measures, and tells every telemetry. There is none where nobody listens, so that nothing is measured for nobody. */
export class TelemetryHub {
  /** @param attempt runs what may fail without consequence */
  constructor(
    private readonly listeners: readonly Telemetry[],
    private readonly stopwatch: Stopwatch,
    private readonly attempt: (action: () => unknown) => void,
  ) {}

  begin(sources: TelemetrySources): void {
    this.tell((listener) => listener.begin(sources));
  }

  changeHeard(lag: number): void {
    this.tell((listener) => listener.changeHeard(lag));
  }

  happened(event: SessionEvent): void {
    this.tell((listener) => listener.happened(event));
  }

  /** Makes a call, and tells of it. Answers and throws what the call does. */
  async watch<T>({ operation, records, call }: WatchedCall<T>): Promise<T> {
    const begun = this.stopwatch.now();
    const told = (outcome: StoreCall['outcome'], error?: unknown) =>
      this.called({ operation, records, ...this.times(begun), outcome, ...(error === undefined ? {} : { error }) });
    try {
      const answer = await call();
      told('ok');
      return answer;
    } catch (error) {
      told(outcomeOf(error), error);
      throw error;
    }
  }

  private times({ monotonic, wall }: Moment): Pick<StoreCall, 'startedAt' | 'duration'> {
    return { startedAt: wall, duration: this.stopwatch.now().monotonic - monotonic };
  }

  private called(call: StoreCall): void {
    this.tell((listener) => listener.storeCalled(call));
  }

  /** Each by itself: one that fails keeps nothing from the others. */
  private tell(what: (listener: Telemetry) => unknown): void {
    for (const listener of this.listeners) this.attempt(() => what(listener));
  }
}

function outcomeOf(error: unknown): StoreCall['outcome'] {
  return error instanceof StoreUnavailableError ? 'unavailable' : 'error';
}
