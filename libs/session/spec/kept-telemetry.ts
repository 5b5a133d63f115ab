import type { SessionEvent } from '../src/core/events.js';
import { type StoreCall, Telemetry, type TelemetrySources } from '../src/core/ports/telemetry.js';

/** Keeps what it is told. */
export class KeptTelemetry extends Telemetry {
  readonly calls: StoreCall[] = [];
  readonly lags: number[] = [];
  readonly events: SessionEvent[] = [];
  sources: TelemetrySources | undefined;

  override begin(sources: TelemetrySources): void {
    this.sources = sources;
  }

  override storeCalled(call: StoreCall): void {
    this.calls.push(call);
  }

  override changeHeard(lag: number): void {
    this.lags.push(lag);
  }

  override happened(event: SessionEvent): void {
    this.events.push(event);
  }
}
