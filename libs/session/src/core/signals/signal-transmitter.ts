import type { Clock } from '../ports/clock.js';
import type { SignalReceiver } from '../ports/signal-receiver.js';
import type { SignalsOptions } from './signals-options.js';
import type { StreamSignals } from './stream-signals.js';
import { StreamTransmitter } from './stream-transmitter.js';
import { type SignalTrouble, TroubleLog } from './trouble-log.js';

/** All streams, each by itself: no receiver waits for another. */
export class SignalTransmitter {
  private readonly transmitters: readonly StreamTransmitter[];

  constructor(
    { streams, outbox }: SignalsOptions,
    signals: StreamSignals,
    receiver: SignalReceiver,
    clock: Clock,
    onTrouble: SignalTrouble,
  ) {
    this.transmitters = streams.map(
      (stream) => new StreamTransmitter(stream, signals, outbox, receiver, clock, new TroubleLog(stream.id, clock, onTrouble)),
    );
  }

  /** Begins. @throws InvalidOptionsError when the outbox can never be asked, such as one whose tables its data source does not know */
  async start(): Promise<void> {
    await Promise.all(this.transmitters.map((one) => one.start()));
  }

  /** Ends all. To be called before the connections of the outbox are closed. */
  async close(): Promise<void> {
    await Promise.all(this.transmitters.map((one) => one.close()));
  }

  /** One look at every stream, now. Never throws. */
  async look(): Promise<void> {
    await Promise.all(this.transmitters.map((one) => one.look()));
  }
}
