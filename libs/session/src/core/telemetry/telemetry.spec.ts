import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest } from '../../../spec/core-under-test.js';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { KeptTelemetry } from '../../../spec/kept-telemetry.js';
import type { Moment } from '../ports/stopwatch.js';
import { Telemetry } from '../ports/telemetry.js';

/** Fails whenever it can, in both ways there are. */
class FailingTelemetry extends Telemetry {
  override begin(): void {
    throw new Error('begin');
  }

  override storeCalled(): void {
    throw new Error('storeCalled');
  }

  override changeHeard(): void {
    throw new Error('changeHeard');
  }
}

/** Counts how often it is looked at. */
class CountedStopwatch extends HeldStopwatch {
  looks = 0;

  override now(): Moment {
    this.looks += 1;
    return super.now();
  }
}

describe('telemetry of an instance', () => {
  it('measures nothing where nobody listens, and two moments of each call where somebody does', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await app.browser();
    await app.cookie(cookie); // its first use is noted, once
    await app.sessions.settled();
    const looksWith = async (telemetry?: readonly Telemetry[]) => {
      const stopwatch = new CountedStopwatch();
      const one = await app.beside(telemetry ? { telemetry } : {}, stopwatch);
      stopwatch.looks = 0;
      await one.cookie(cookie);
      await new Promise(setImmediate); // the end of a call is told after its answer
      return stopwatch.looks;
    };
    const kept = new KeptTelemetry();
    const [nobody, none, somebody] = [await looksWith(), await looksWith([]), await looksWith([kept])];
    expect(none).toBe(nobody);
    expect(somebody).toBe(nobody + 2 * kept.calls.length);
    expect(kept.calls).toHaveLength(1);
  });

  it('is told of calls, events and changes, and may ask how things are', async () => {
    const kept = new KeptTelemetry();
    const app = await CoreUnderTest.start({ telemetry: [kept] });
    app.feed.start(() => undefined);
    await new Promise(setImmediate);
    const { session, cookie } = await app.browser();
    await app.cookie(cookie);
    await app.sessions.revoke(session.id);
    expect(kept.calls.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['fence', 'create', 'find', 'revoke']));
    expect(kept.events).toEqual(app.events);
    expect(kept.lags).toHaveLength(app.feed.lag.count);
    expect(kept.lags.length).toBeGreaterThan(0);
    await app.browser();
    expect(await kept.sources?.census()).toEqual({ browser: 1, api: 0, support: 0, visitor: 0 });
    expect(kept.sources?.storeState()).toEqual(app.health.state);
    expect(kept.sources?.auditFailures()).toBe(0);
  });

  it('harms nobody when it fails: not a request, not another listener, not the process; and its failures are counted', async () => {
    const kept = new KeptTelemetry();
    const failing = Object.assign(new FailingTelemetry(), { happened: async () => Promise.reject(new Error('happened')) });
    const app = await CoreUnderTest.start({ telemetry: [failing, kept] });
    const { session, cookie } = await app.browser();
    await app.cookie(cookie);
    await app.sessions.revoke(session.id);
    await new Promise(setImmediate);
    expect(kept.events).toEqual(app.events);
    const told = 1 + kept.calls.length + kept.events.length; // begin, and each of these
    expect(kept.sources?.auditFailures()).toBe(told);
  });
});
