import { beforeEach, describe, expect, it } from '@jest/globals';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { KeptTelemetry } from '../../../spec/kept-telemetry.js';
import { MemoryCounters } from '../../stores/memory/memory.counters.js';
import { MemorySessionStore } from '../../stores/memory/memory-session.store.js';
import { StoreUnavailableError } from '../errors.js';
import { GatedCounters } from '../outage/gated-counters.js';
import { GatedStore } from '../outage/gated-store.js';
import { StoreGate } from '../outage/store-gate.js';
import type { Moment } from '../ports/stopwatch.js';
import type { SessionRecord } from '../record/session-record.js';
import { TelemetryHub } from './telemetry-hub.js';

const LIMITS = { deadline: 30_000, underWay: 100 };
const IDS = ['aaaa.1', 'bbbb.2'];
const SUBJECT = { userId: 'user-1', slot: 'aaaa' };

/** Counts how often it is looked at. */
class CountedStopwatch extends HeldStopwatch {
  looks = 0;

  override now(): Moment {
    this.looks += 1;
    return super.now();
  }
}

/** A store that takes its time, and fails in the ways that it is told. */
class SlowStore extends MemorySessionStore {
  failure: Error | undefined;

  constructor(private readonly watch: HeldStopwatch) {
    super();
  }

  override async find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    this.watch.forward(7);
    if (this.failure) throw this.failure;
    return super.find(ids);
  }
}

describe('what telemetry is told', () => {
  let watch: CountedStopwatch;
  let inner: SlowStore;
  let kept: KeptTelemetry;
  let gate: StoreGate;
  let store: GatedStore;

  beforeEach(() => {
    watch = new CountedStopwatch();
    inner = new SlowStore(watch);
    kept = new KeptTelemetry();
    gate = new StoreGate(watch, LIMITS);
    store = new GatedStore(inner, gate, new TelemetryHub([kept], watch, (action) => void action()));
  });

  it('is each call of the store when it is over: what, for how many records, from when, for how long', async () => {
    const startedAt = watch.wall;
    await expect(store.find(IDS)).resolves.toEqual([undefined, undefined]);
    expect(kept.calls).toEqual([{ operation: 'find', records: 2, startedAt, duration: 7, outcome: 'ok' }]);
  });

  it('is a failure as the caller sees it, and the caller sees it unchanged', async () => {
    for (const failure of [new StoreUnavailableError(), new TypeError('a fault of ours')]) {
      inner.failure = failure;
      await expect(store.find(IDS)).rejects.toThrow(failure.constructor);
    }
    expect(kept.calls.map(({ outcome, error }) => [outcome, error])).toEqual([
      ['unavailable', expect.any(StoreUnavailableError)],
      ['error', inner.failure],
    ]);
  });

  it('is every method of the store and of the counters, by its own name', async () => {
    const counters = new GatedCounters(new MemoryCounters(), gate, new TelemetryHub([kept], watch, (action) => void action()));
    const rule = { name: 'rule', limit: 1, window: 1_000 };
    const names = [
      'time',
      'faults',
      'fence',
      'moveFence',
      'endReason',
      'touch',
      'used',
      'revoke',
      'list',
      'revokeEveryone',
      'census',
    ];
    await store.time();
    await store.faults();
    await store.fence(SUBJECT);
    await store.moveFence(SUBJECT);
    await store.endReason('aaaa.1');
    await store.touch('aaaa.1', 0);
    await store.used('aaaa.1', 0, 0);
    await store.revoke('o', 'aaaa.1', 'logout', 0);
    await store.list(SUBJECT, 0);
    await store.revokeEveryone('everyone');
    await store.census(0);
    await counters.hit(rule, 'key');
    await counters.undo(rule, 'key');
    await counters.reset(rule, 'key');
    expect(kept.calls.map(({ operation }) => operation)).toEqual([...names, 'hit', 'undo', 'reset']);
  });

  it('costs nothing where nobody listens: no look at the stopwatch more than the gate’s own', async () => {
    const looksOf = async (asked: GatedStore) => {
      watch.looks = 0;
      await asked.find(IDS);
      return watch.looks;
    };
    const bare = async () => {
      watch.looks = 0;
      await gate.pass(() => inner.find(IDS));
      return watch.looks;
    };
    expect(await looksOf(new GatedStore(inner, gate))).toBe(await bare());
    expect(await looksOf(store)).toBe((await bare()) + 2);
  });
});
