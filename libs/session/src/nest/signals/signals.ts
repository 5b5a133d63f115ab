import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { securityEventUri, SECURITY_EVENTS } from '../../core/signals/security-events.js';
import { SecurityEventTokens } from '../../core/signals/security-event-tokens.js';
import { SignalPolls } from '../../core/signals/signal-polls.js';
import type { SignalsOptions, SignalStream } from '../../core/signals/signals-options.js';
import { SignalTransmitter } from '../../core/signals/signal-transmitter.js';
import { StreamSignals } from '../../core/signals/stream-signals.js';
import { SessionRuntime } from '../session-runtime.js';
import { HttpSignalReceiver } from './http-signal-receiver.js';

/** The library's own word for a new password. */
const PASSWORD_CHANGED = 'password.changed';

/** What there is where others are told of ended sessions. */
interface Running {
  readonly streams: readonly SignalStream[];
  readonly transmitter: SignalTransmitter;
  readonly polls: SignalPolls;
}

/** Runs the streams of signals, as long as the application does. Without the option `signals` there is nothing to run. */
@Injectable()
export class Signals implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** `undefined` without the option `signals`. */
  readonly running: Running | undefined;
  private readonly logger = new Logger('Signals');

  constructor(private readonly runtime: SessionRuntime) {
    const { signals } = runtime.options;
    this.running = signals && this.create(signals);
  }

  /** @throws InvalidOptionsError when the outbox can never be asked */
  async onApplicationBootstrap(): Promise<void> {
    await this.running?.transmitter.start();
  }

  /** Before the server closes, which waits for clients that wait, and before the host closes the database. */
  async beforeApplicationShutdown(): Promise<void> {
    this.running?.polls.close();
    await this.running?.transmitter.close();
  }

  /** What a receiver may know of a stream (SSF 1.0 §8.1.1). */
  configurationOf({ id, audience, push, events = SECURITY_EVENTS }: SignalStream): object {
    const { issuer } = this.runtime.options;
    const delivery = push
      ? { method: 'urn:ietf:rfc:8935', endpoint_url: push.url }
      : { method: 'urn:ietf:rfc:8936', endpoint_url: `${issuer}/oauth/signals/poll/${id}` };
    const delivered = events.map(securityEventUri);
    const supported = SECURITY_EVENTS.map(securityEventUri);
    const sets = { events_supported: supported, events_requested: delivered, events_delivered: delivered };
    return { stream_id: id, iss: issuer, aud: audience, delivery, ...sets };
  }

  private create(options: SignalsOptions): Running {
    const { core, clock, options: resolved } = this.runtime;
    const passwordChanges = new Set([PASSWORD_CHANGED, ...(options.passwordChanges ?? [])]);
    const tokens = new SecurityEventTokens(core.signingKeys, resolved.issuer, passwordChanges);
    const signals = new StreamSignals(options, passwordChanges, tokens, clock, core.emit);
    const tell = (stream: string, why: string | undefined) => {
      if (why === undefined) this.logger.log(`Signals of the stream "${stream}" get through again.`);
      else this.logger.warn(`Signals of the stream "${stream}" do not get through, and are tried again. ${why}`);
    };
    const transmitter = new SignalTransmitter(options, signals, new HttpSignalReceiver(), clock, tell);
    return { streams: options.streams, transmitter, polls: new SignalPolls(signals) };
  }
}
