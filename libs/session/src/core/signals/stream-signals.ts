import type { SessionEventListener } from '../events.js';
import type { Clock } from '../ports/clock.js';
import { SIGNALLED_TYPES } from './security-events.js';
import type { SecurityEventTokens } from './security-event-tokens.js';
import type { SignalsOptions, SignalStream } from './signals-options.js';

/** 7 days. */
const KEPT_FOR = 7 * 86_400_000;

/** A signed signal: its `jti`, and when it came into the stream. */
export interface SignedSignal {
  readonly id: string;
  readonly at: number;
  readonly token: string;
}

/** The signals of the streams, from the audit trail on. Every method throws {@link StoreUnavailableError} when that cannot be asked. */
export class StreamSignals {
  private readonly types: readonly string[];
  private readonly keep: number;

  constructor(
    private readonly options: SignalsOptions,
    private readonly tokens: SecurityEventTokens,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
  ) {
    this.types = [...SIGNALLED_TYPES, ...(options.passwordChanges ?? [])];
    this.keep = options.keep ?? KEPT_FOR;
  }

  /** Takes what is new in the trail, and forgets what is too old. */
  async collect({ id }: SignalStream): Promise<void> {
    const { outbox } = this.options;
    const now = this.clock.now();
    await outbox.collect(id, this.types, now);
    this.tellUndelivered(id, await outbox.expire(id, now - this.keep));
  }

  /** The oldest that have not reached the receiver, and may be tried. What the stream is not to be told comes to nothing here. */
  async due(stream: SignalStream, limit: number): Promise<readonly SignedSignal[]> {
    for (;;) {
      const now = this.clock.now();
      const pending = await this.options.outbox.pending(stream.id, now, limit);
      const signed: SignedSignal[] = [];
      for (const { id, at, entry } of pending) {
        const token = entry && (await this.tokens.sign(entry, stream, now));
        if (token !== undefined) signed.push({ id, at, token });
      }
      const isFor = new Set(signed.map(({ id }) => id));
      await this.remove(
        stream,
        pending.flatMap(({ id }) => (isFor.has(id) ? [] : [id])),
      );
      this.tellUndelivered(stream.id, pending.filter(({ entry }) => entry === undefined).length);
      // Where all came to nothing, others may have been hidden behind it.
      if (signed.length > 0 || pending.length < limit) return signed;
    }
  }

  /** Forgets what the receiver has. */
  async remove(stream: SignalStream, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.options.outbox.remove(stream.id, ids);
  }

  private tellUndelivered(stream: string, count: number): void {
    if (count > 0) this.emit({ type: 'signal.undelivered', at: this.clock.now(), stream, count });
  }
}
