import { Registry } from 'prom-client';
import type { SessionEvent } from '../../core/events.js';
import { type StoreCall, Telemetry, type TelemetrySources } from '../../core/ports/telemetry.js';
import { CensusGauge } from './census-gauge.js';
import { EventMetrics } from './event-metrics.js';
import { StoreMetrics } from './store-metrics.js';

/** What a host may choose about its metrics. */
export interface PrometheusTelemetryOptions {
  /** Where the metrics are registered: yours, to have all on one page. Default: a registry of its own, `telemetry.registry`. */
  readonly registry?: Registry;
  /** What every name begins with. Default: `nhs_`. */
  readonly prefix?: string;
  /**
   * Milliseconds for which one count of the living sessions is good; it is made by the scrape that comes next, and goes through all sessions
   * there are. `never`: there is no `sessions_active`. Default: a minute.
   */
  readonly countEvery?: number | 'never';
}

const MINUTE = 60_000;

/**
 * Metrics for Prometheus, or whatever reads its format: `SessionModule.forRoot({ telemetry: [new PrometheusTelemetry()] })`, and a route of
 * the host that answers `await telemetry.registry.metrics()`. Nothing in them is about one person. One object per application.
 */
export class PrometheusTelemetry extends Telemetry {
  /** Where the metrics are registered. */
  readonly registry: Registry;
  private readonly events: EventMetrics;
  private readonly store: StoreMetrics;
  private readonly census: CensusGauge | undefined;

  /** @throws Error of prom-client when the registry has metrics of these names already */
  constructor({ registry = new Registry(), prefix = 'nhs_', countEvery = MINUTE }: PrometheusTelemetryOptions = {}) {
    super();
    this.registry = registry;
    const registers = [registry];
    this.events = new EventMetrics(registers, prefix);
    this.store = new StoreMetrics(registers, prefix);
    this.census = countEvery === 'never' ? undefined : new CensusGauge(registers, prefix, countEvery, () => performance.now());
  }

  override begin(sources: TelemetrySources): void {
    this.store.read(sources);
    this.census?.begin(sources.census);
  }

  override storeCalled(call: StoreCall): void {
    this.store.called(call);
  }

  override changeHeard(lag: number): void {
    this.store.changeHeard(lag);
  }

  override happened(event: SessionEvent): void {
    this.events.count(event);
  }
}
