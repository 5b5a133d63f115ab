import { Gauge, type Registry } from 'prom-client';
import type { TelemetrySources } from '../../core/ports/telemetry.js';
import { CHANNELS } from '../../core/record/session-record.js';

/** How many sessions live, on each channel: counted by the store, and no oftener than it is meant to be. */
export class CensusGauge {
  private readonly gauge: Gauge<'channel'>;
  private census: TelemetrySources['census'] | undefined;
  private dueAt = 0;
  private counting: Promise<void> | undefined;

  /** @param every milliseconds that one count is good for */
  constructor(
    registers: Registry[],
    prefix: string,
    private readonly every: number,
    private readonly now: () => number,
  ) {
    const refreshed = () => this.refreshed();
    this.gauge = new Gauge({
      name: `${prefix}sessions_active`,
      help: 'Sessions that live, in the whole installation: each instance tells the same number.',
      labelNames: ['channel'],
      registers,
      collect: refreshed,
    });
  }

  begin(census: TelemetrySources['census']): void {
    this.census = census;
  }

  /** Scrapes that come at the same time wait for one count. */
  private async refreshed(): Promise<void> {
    if (this.now() < this.dueAt) return;
    this.counting ??= this.count();
    await this.counting;
  }

  /** A store that cannot be asked, or cannot count, has no number here: an old one would be believed. */
  private async count(): Promise<void> {
    try {
      const counted = await this.census?.();
      this.gauge.reset();
      if (counted) for (const channel of CHANNELS) this.gauge.set({ channel }, counted[channel]);
    } catch {
      this.gauge.reset();
    } finally {
      this.dueAt = this.now() + this.every;
      this.counting = undefined;
    }
  }
}
