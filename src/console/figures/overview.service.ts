import { Injectable } from '@nestjs/common';
import { SystemClock, type Clock } from 'nestjs-hybrid-session';
import { AppConfig } from '../../config/app-config.js';
import { censusChart } from './census-chart.js';
import type { Chart } from './chart.js';
import { countChart, type CountSubject } from './count-chart.js';
import { durationChart } from './duration-chart.js';
import { whole } from './in-words.js';
import { InstanceFigures, type Minute } from './instance-figures.js';
import { slotsOf, type Span } from './span.js';
import { TrailCounts } from './trail-counts.js';

const COUNTS: readonly CountSubject[] = [
  { what: 'logins', title: 'Logins' },
  { what: 'failures', title: 'Wrong passwords' },
  { what: 'throttled', title: 'Throttled attempts' },
  { what: 'refreshes', title: 'Refreshes' },
  { what: 'reuses', title: 'Reused refresh tokens', isAlarm: true },
  { what: 'evictions', title: 'Evicted sessions' },
];
const LAG = { id: 'lag', title: 'Revocation lag', what: 'Until this instance had heard of an ending' };
const STORE = { id: 'store', title: 'Session store', what: 'Until the store had answered' };

/** All figures of the console at one moment. */
@Injectable()
export class Overview {
  private readonly clock: Clock;

  constructor(
    private readonly counts: TrailCounts,
    private readonly instance: InstanceFigures,
    { sessions }: AppConfig,
  ) {
    this.clock = sessions.clock ?? new SystemClock();
  }

  /** The charts, in the order of the page. @throws StoreUnavailableError when the audit trail cannot be read */
  async charts(span: Span): Promise<readonly Chart[]> {
    const now = this.clock.now();
    await Promise.all([this.counts.refresh(now), this.instance.count()]);
    const slots = slotsOf(span, now);
    const minutes = slots.map((slot) => this.instance.between(slot, slot + span.slot));
    const counted = minutes.map((slot) => slot.findLast(({ census }) => census !== undefined)?.census);
    const sumsOf = ({ what }: CountSubject) => slots.map((slot) => this.counts.sum(what, slot, slot + span.slot));
    const lags = minutes.map((slot) => slot.map((minute) => minute.lags));
    return [
      censusChart(slots, counted),
      ...COUNTS.map((subject) => countChart(subject, span, slots, sumsOf(subject))),
      durationChart(LAG, slots, lags),
      this.ofStore(slots, minutes),
    ];
  }

  /** Says also what durations do not tell: that there was no answer at all. */
  private ofStore(slots: readonly number[], minutes: readonly (readonly Minute[])[]): Chart {
    const calls = minutes.map((slot) => slot.map((minute) => minute.calls));
    const chart = durationChart(STORE, slots, calls);
    const failures = minutes.flat().reduce((sum, minute) => sum + minute.failures, 0);
    const away = this.instance.storeAwayFor;
    const unanswered = failures > 0 ? ` ${whole(failures)} calls were not answered.` : '';
    const state = away > 0 ? ` The store has not answered for ${whole(Math.ceil(away / 1_000))} s.` : '';
    return { ...chart, summary: chart.summary + unanswered + state, alarming: away > 0 };
  }
}
