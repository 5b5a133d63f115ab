import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import {
  SystemClock,
  Telemetry,
  type Clock,
  type SessionCensus,
  type StoreCall,
  type TelemetrySources,
} from 'nestjs-hybrid-session';
import { AppConfig } from '../../config/app-config.js';
import { Durations } from './durations.js';
import { STEP } from './span.js';
import { Steps } from './steps.js';

/** What happened here in one minute. */
export interface Minute {
  readonly calls: Durations;
  readonly lags: Durations;
  /** Calls of the store that were not answered. */
  failures: number;
  census: SessionCensus | undefined;
}

/** A count goes through all sessions: it may take no more than this part of the time, and is never made oftener than this. */
const SHARE = 0.01;
const SHORTEST_PAUSE = 5_000;

/** What this instance knows of itself, minute by minute for a day: it is gone when the instance stops. */
@Injectable()
export class InstanceFigures extends Telemetry implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly minutes = new Steps<Minute>(() => ({
    calls: new Durations(),
    lags: new Durations(),
    failures: 0,
    census: undefined,
  }));
  private readonly clock: Clock;
  private sources: TelemetrySources | undefined;
  private timer: NodeJS.Timeout | undefined;
  private counting: Promise<void> | undefined;
  private countedAt = 0;
  private pause = 0;

  constructor({ sessions }: AppConfig) {
    super();
    this.clock = sessions.clock ?? new SystemClock();
  }

  override begin(sources: TelemetrySources): void {
    this.sources = sources;
  }

  override storeCalled({ duration, outcome }: StoreCall): void {
    const minute = this.minutes.at(this.clock.now());
    minute.calls.add(duration);
    if (outcome !== 'ok') minute.failures += 1;
  }

  override changeHeard(lag: number): void {
    this.minutes.at(this.clock.now()).lags.add(lag);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.count(), STEP).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.counting;
  }

  /** For how long the store has not answered, in milliseconds; 0 when it did. */
  get storeAwayFor(): number {
    return this.sources?.storeState().awayFor ?? 0;
  }

  /** What is known of a time, the oldest first. */
  between(from: number, until: number): readonly Minute[] {
    return this.minutes.between(from, until);
  }

  /** Counts the sessions that live, if it is time for that. Those who ask at the same time wait for one count. */
  count(): Promise<void> {
    const passed = this.clock.now() - this.countedAt;
    if (passed >= 0 && passed < this.pause) return Promise.resolve(); // less than nothing: the clock was put right
    return (this.counting ??= this.counted());
  }

  /** A store that cannot be asked, or cannot count, leaves a gap. */
  private async counted(): Promise<void> {
    const begun = performance.now();
    try {
      const census = await this.sources?.census();
      this.minutes.at(this.clock.now()).census = census;
    } catch {
      // the chart of its answers says so
    } finally {
      this.countedAt = this.clock.now();
      this.pause = Math.max(SHORTEST_PAUSE, (performance.now() - begun) / SHARE);
      this.minutes.forget(this.countedAt);
      this.counting = undefined;
    }
  }
}
