import { describe, expect, it } from '@jest/globals';
import { HealthIndicatorService } from '@nestjs/terminus';
import { CoreUnderTest } from '../../../spec/core-under-test.js';
import { SessionStoreHealthIndicator } from './session-store.health.js';

describe('the health of the session store, for terminus', () => {
  const prepare = async () => {
    const app = await CoreUnderTest.start();
    return { store: app.store, indicator: new SessionStoreHealthIndicator(new HealthIndicatorService(), app.health) };
  };

  it('is up when the store answers and is fit', async () => {
    const { indicator } = await prepare();
    expect(await indicator.isHealthy('sessions')).toEqual({ sessions: { status: 'up' } });
  });

  it('is down when the store is away, or unfit, and says why', async () => {
    const { store, indicator } = await prepare();
    store.faultsToTell = ['It may evict: set noeviction.'];
    expect(await indicator.isHealthy('sessions')).toEqual({ sessions: { status: 'down', obstacles: store.faultsToTell } });
    store.isAway = true;
    const away = expect.stringMatching(/does not answer/);
    expect(await indicator.isHealthy('sessions')).toEqual({ sessions: { status: 'down', obstacles: [away] } });
  });

  it('is down when the answer is late, at the time that the host has for it', async () => {
    const { store, indicator } = await prepare();
    let answer: () => void = () => undefined;
    store.race('find', () => new Promise<void>((resolve) => (answer = resolve)));
    const late = 'The session store has not answered within 5 ms.';
    expect(await indicator.isHealthy('sessions', { timeout: 5 })).toEqual({ sessions: { status: 'down', obstacles: [late] } });
    answer();
    expect(await indicator.isHealthy('sessions', { timeout: 30_000 })).toEqual({ sessions: { status: 'up' } });
  });
});
