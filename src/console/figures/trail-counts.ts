import { Injectable } from '@nestjs/common';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { MEMORY, STEP, stepOf } from './span.js';
import { Steps } from './steps.js';

/** What is counted of the audit trail. */
export const COUNTED = ['logins', 'failures', 'throttled', 'refreshes', 'reuses', 'evictions'] as const;
export type Counted = (typeof COUNTED)[number];

const BY_TYPE: ReadonlyMap<string, Counted> = new Map([
  ['login.succeeded', 'logins'],
  ['login.failed', 'failures'],
  ['login.throttled', 'throttled'],
  ['refresh.rotated', 'refreshes'],
  ['refresh.replayed', 'refreshes'],
  ['refresh.healed', 'refreshes'],
  ['refresh.reused', 'reuses'],
]);
const ENDED = 'session.ended';
/** What the trail calls the end of a session that made room for another. */
const EVICTED = 'excess_sessions_exceeded';
/** Milliseconds by which the clocks of instances may differ: the trail is in the order in which it was written. */
const CLOCKS_APART = 5 * STEP;

interface CountedRow {
  readonly type: string;
  readonly owasp: string | null;
  readonly minute: string | number;
  readonly count: string | number;
}

/**
 * What happened at all instances, minute by minute for a day, as the audit trail has it. Every entry is counted once: after the first
 * look, which goes through a day, only those that are new.
 */
@Injectable()
export class TrailCounts {
  private readonly minutes = new Steps<Map<Counted, number>>(() => new Map());
  private upTo: number | undefined;
  private turn: Promise<void> | undefined;

  constructor(
    private readonly trail: TypeOrmAuditTrail,
    private readonly users: DataSource,
  ) {}

  /** Counts what is new. Those who ask at the same time wait for one count. @throws StoreUnavailableError */
  async refresh(now: number): Promise<void> {
    this.turn ??= this.count(now).finally(() => (this.turn = undefined));
    await this.turn;
  }

  /** How often something happened from one moment on until before another. */
  sum(what: Counted, from: number, until: number): number {
    return this.minutes.between(from, until).reduce((sum, counts) => sum + (counts.get(what) ?? 0), 0);
  }

  private async count(now: number): Promise<void> {
    const { seq } = await this.trail.head();
    const after = (this.upTo ??= await this.lastBefore(stepOf(now) - MEMORY - CLOCKS_APART, seq));
    for (const { type, owasp, minute, count } of await this.rows(after, seq)) {
      const what = type === ENDED && owasp === EVICTED ? 'evictions' : BY_TYPE.get(type);
      if (what === undefined) continue;
      const counts = this.minutes.at(Number(minute) * STEP);
      counts.set(what, (counts.get(what) ?? 0) + Number(count));
    }
    this.upTo = seq;
    this.minutes.forget(now);
  }

  private rows(after: number, through: number): Promise<readonly CountedRow[]> {
    return this.entries()
      .select('entry.type', 'type')
      .addSelect('entry.owasp', 'owasp')
      .addSelect(`entry.at / ${STEP}`, 'minute')
      .addSelect('COUNT(*)', 'count')
      .where('entry.seq > :after AND entry.seq <= :through', { after, through })
      .andWhere('entry.type IN (:...types)', { types: [...BY_TYPE.keys(), ENDED] })
      .groupBy('entry.type')
      .addGroupBy('entry.owasp')
      .addGroupBy(`entry.at / ${STEP}`)
      .getRawMany<CountedRow>();
  }

  /** The place up to which everything is older than this: the trail has no index by time, but is written in its order. */
  private async lastBefore(time: number, head: number): Promise<number> {
    let [older, younger] = [0, head + 1];
    while (younger - older > 1) {
      const middle = Math.floor((older + younger) / 2);
      const at = await this.timeOf(middle);
      if (at === undefined || at < time) older = middle;
      else younger = middle;
    }
    return older;
  }

  /** `undefined` where the entry was old enough to go. */
  private async timeOf(seq: number): Promise<number | undefined> {
    const row = await this.entries()
      .select('entry.at', 'at')
      .where('entry.seq = :seq', { seq })
      .getRawOne<{ readonly at: string | number }>();
    return row && Number(row.at);
  }

  private entries() {
    return this.users.createQueryBuilder().from('nhs_audit', 'entry');
  }
}
