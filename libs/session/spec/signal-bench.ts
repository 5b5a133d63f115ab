import type { AuditEntry } from '../src/core/audit/audit-entry.js';
import type { SessionEvent } from '../src/core/events.js';
import { type PendingSignal, SignalOutbox } from '../src/core/ports/signal-outbox.js';
import { type Delivery, SignalReceiver } from '../src/core/ports/signal-receiver.js';
import { SecurityEventTokens } from '../src/core/signals/security-event-tokens.js';
import type { SignalStream } from '../src/core/signals/signals-options.js';
import { StreamSignals } from '../src/core/signals/stream-signals.js';
import { StreamTransmitter } from '../src/core/signals/stream-transmitter.js';
import { TroubleLog } from '../src/core/signals/trouble-log.js';
import { SigningKeys } from '../src/core/tokens/signing-keys.js';
import { StoreUnavailableError } from '../src/core/errors.js';
import { FakeClock } from '../src/testing/fake-clock.js';
import { ed25519Key } from './key-material.js';

interface Waiting extends PendingSignal {
  dueAt: number;
}

/** An outbox in memory, for what the transmitter decides; how one is kept is shown on real databases. */
class OutboxInMemory extends SignalOutbox {
  readonly waiting: Waiting[] = [];
  claimedUntil = 0;
  isAway = false;

  async collect(): Promise<number> {
    if (this.isAway) throw new StoreUnavailableError({ cause: new Error('The database is away.') });
    return 0;
  }

  async pending(_: string, now: number, limit: number): Promise<readonly PendingSignal[]> {
    await this.collect();
    const due = this.waiting.filter(({ dueAt }) => dueAt <= now);
    return due.toSorted((one, other) => one.dueAt - other.dueAt).slice(0, limit);
  }

  async remove(_: string, ids: readonly string[]): Promise<number> {
    await this.collect();
    const left = this.waiting.filter(({ id }) => !ids.includes(id));
    const count = this.waiting.length - left.length;
    this.waiting.splice(0, Number.POSITIVE_INFINITY, ...left);
    return count;
  }

  async putOff(_: string, id: string, until: number): Promise<void> {
    for (const one of this.waiting) if (one.id === id) one.dueAt = until;
  }

  async expire(): Promise<number> {
    return 0;
  }

  async claim(_: string, now: number, until: number): Promise<boolean> {
    if (this.claimedUntil > now) return false;
    this.claimedUntil = until;
    return true;
  }

  async extend(_: string, from: number, until: number): Promise<boolean> {
    await this.collect();
    if (this.claimedUntil !== from) return false;
    this.claimedUntil = until;
    return true;
  }
}

/** A receiver that does as it is told. */
class ToldReceiver extends SignalReceiver {
  readonly tried: string[] = [];

  constructor(private readonly answer: (name: string, signal: AbortSignal) => Promise<Delivery>) {
    super();
  }

  deliver(token: string, _: unknown, signal: AbortSignal): Promise<Delivery> {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { readonly jti: string };
    const [name = ''] = claims.jti.split('.');
    this.tried.push(name);
    return this.answer(name, signal);
  }
}

export const ACCEPTED = { outcome: 'accepted' } satisfies Delivery;
export const FAILED = { outcome: 'failed', why: 'The receiver answers 500.' } satisfies Delivery;
export const REFUSED = { outcome: 'refused', why: 'The receiver refuses a token: invalid_request.' } satisfies Delivery;

/** A transmitter whose clock, outbox and receiver a test holds. */
export class SignalBench {
  readonly clock = new FakeClock();
  readonly outbox = new OutboxInMemory();
  readonly told: (string | undefined)[] = [];
  answer: (name: string, signal: AbortSignal) => Promise<Delivery> = async () => ACCEPTED;
  private readonly receiver = new ToldReceiver((name, signal) => this.answer(name, signal));

  private constructor(private readonly keys: SigningKeys) {}

  static async open(): Promise<SignalBench> {
    return new SignalBench(await SigningKeys.import([ed25519Key()]));
  }

  get tried(): string[] {
    return this.receiver.tried;
  }

  /** Signals of these names come into the stream. */
  come(...names: readonly string[]): void {
    for (const id of names) {
      const at = this.clock.now();
      const entry: AuditEntry = { id, at, type: 'session.ended', outcome: 'success', level: 'info', userId: 'u', sessionId: 's' };
      this.outbox.waiting.push({ id, at, entry, dueAt: 0 });
    }
  }

  transmitter(): StreamTransmitter {
    const stream: SignalStream = { id: 'a', audience: 'b', push: { url: 'https://receiver.example/' } };
    const { clock, outbox, receiver } = this;
    const options = { outbox, streams: [stream] };
    const tokens = new SecurityEventTokens(this.keys, 'https://app.example', new Set());
    const emit = (_: SessionEvent) => undefined;
    const signals = new StreamSignals(options, new Set(), tokens, clock, emit);
    const log = new TroubleLog('a', clock, (_stream, why) => void this.told.push(why));
    return new StreamTransmitter(stream, signals, outbox, receiver, clock, log);
  }
}
