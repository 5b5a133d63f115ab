import { beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError, type SessionCensus, type TelemetrySources } from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { loadConfig } from '../../config/load-config.js';
import { InstanceFigures } from './instance-figures.js';

const MINUTE = 60_000;
const CENSUS = { browser: 2, api: 1, support: 0, visitor: 0 };
const STATE = { underWay: 0, refused: 0, awayFor: 0, servedStale: 0 };

describe('what an instance knows of itself', () => {
  let clock: FakeClock;
  let figures: InstanceFigures;
  let counts: number;
  let census: () => Promise<SessionCensus | undefined>;

  beforeEach(() => {
    clock = new FakeClock(2_000_000_040_000);
    const { sessions, ...config } = loadConfig({ DATABASE_URL: 'file:app.db' }, '/tmp');
    figures = new InstanceFigures({ ...config, sessions: { ...sessions, clock } });
    counts = 0;
    census = async () => CENSUS;
    const sources: TelemetrySources = {
      storeState: () => STATE,
      auditFailures: () => 0,
      census: () => {
        counts += 1;
        return census();
      },
    };
    figures.begin(sources);
  });

  const last = () => figures.between(clock.now(), clock.now() + MINUTE)[0];

  it('counts the sessions no oftener than every few seconds, and once for all who ask at the same time', async () => {
    await Promise.all([figures.count(), figures.count()]);
    await figures.count();
    expect([counts, last()?.census]).toEqual([1, CENSUS]);
    clock.advance(6_000);
    await figures.count();
    expect(counts).toBe(2);
  });

  it('is a gap where the store cannot be asked', async () => {
    census = () => Promise.reject(new StoreUnavailableError());
    await figures.count();
    expect([counts, last()?.census]).toEqual([1, undefined]);
  });

  it('keeps each minute for a day, and no longer', async () => {
    figures.changeHeard(3);
    figures.storeCalled({ operation: 'find', records: 1, startedAt: 0, duration: 2, outcome: 'unavailable' });
    expect(last()?.failures).toBe(1);
    const begun = clock.now();
    clock.advance(24 * 60 * MINUTE);
    await figures.count();
    expect(figures.between(begun, begun + MINUTE)).toHaveLength(1);
    clock.advance(MINUTE);
    await figures.count();
    expect(figures.between(begun, begun + MINUTE)).toHaveLength(0);
  });
});
