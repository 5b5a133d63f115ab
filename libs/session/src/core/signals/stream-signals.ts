import type { SessionEventListener } from '../events.js';
import type { Clock } from '../ports/clock.js';
import { SECURITY_EVENTS, signalledTypes } from './security-events.js';
import { type SecurityEventTokens, signalName } from './security-event-tokens.js';
import type { SignalsOptions, SignalStream } from './signals-options.js';

/** 7 days. */
const KEPT_FOR = 7 * 86_400_000;
/** Milliseconds between two times that old signals are looked for. */
const EXPIRED_EVERY = 60_000;

/** A signed signal. */
export interface SignedSignal {
  readonly id: string;
  /** What the receiver knows it by. */
  readonly jti: string;
  /** When it came into the stream, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly token: string;
}

/** The signals of the streams, from the audit trail on. Every method throws {@link StoreUnavailableError} when that cannot be asked. */
export class StreamSignals {
  private readonly keep: number;
  private readonly expiredAt = new Map<string, number>();

  /** @param passwordChanges the types of entries that mean a new password */
  constructor(
    private readonly options: SignalsOptions,
    private readonly passwordChanges: ReadonlySet<string>,
    private readonly tokens: SecurityEventTokens,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
  ) {
    this.keep = options.keep ?? KEPT_FOR;
  }

  /** Takes what is new in the trail, and forgets what is too old. @throws InvalidOptionsError when the outbox can never be asked */
  async collect({ id, events = SECURITY_EVENTS }: SignalStream): Promise<void> {
    const { outbox } = this.options;
    const now = this.clock.now();
    await outbox.collect(id, signalledTypes(events, this.passwordChanges), now);
    if (now - (this.expiredAt.get(id) ?? Number.NEGATIVE_INFINITY) < EXPIRED_EVERY) return;
    this.tellUndelivered(id, await outbox.expire(id, now - this.keep));
    this.expiredAt.set(id, now);
  }

  /** Those that may be tried. What the stream is not to be told comes to nothing here. */
  async due(stream: SignalStream, limit: number): Promise<readonly SignedSignal[]> {
    for (;;) {
      const pending = await this.options.outbox.pending(stream.id, this.clock.now(), limit);
      const signed: SignedSignal[] = [];
      const nothing: string[] = [];
      for (const { id, at, entry } of pending) {
        const token = entry && (await this.tokens.sign(entry, stream, at));
        if (token === undefined) nothing.push(id);
        else signed.push({ id, jti: signalName(id, stream.id), at, token });
      }
      if (nothing.length === 0) return signed;
      await this.options.outbox.remove(stream.id, nothing); // and asked again: it may have hidden others
      this.tellUndelivered(stream.id, pending.filter(({ entry }) => entry === undefined).length);
    }
  }

  /** Forgets what the receiver has. */
  async remove(stream: SignalStream, signals: readonly SignedSignal[]): Promise<void> {
    if (signals.length === 0) return;
    const ids = signals.map(({ id }) => id);
    await this.options.outbox.remove(stream.id, ids);
  }

  /** Forgets what the receiver says that it has, or will not have, by the names that it was told. */
  async acknowledge(stream: SignalStream, jtis: readonly string[]): Promise<void> {
    const suffix = signalName('', stream.id);
    const ids = jtis.flatMap((jti) => (jti.endsWith(suffix) ? [jti.slice(0, -suffix.length)] : []));
    if (ids.length > 0) await this.options.outbox.remove(stream.id, ids);
  }

  private tellUndelivered(stream: string, count: number): void {
    if (count > 0) this.emit({ type: 'signal.undelivered', at: this.clock.now(), stream, count });
  }
}
