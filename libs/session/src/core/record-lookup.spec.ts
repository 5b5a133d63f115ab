import { beforeEach, describe, expect, it } from '@jest/globals';
import { HeldStopwatch } from '../../spec/held-stopwatch.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { aRecord } from '../testing/a-record.js';
import { StoreUnavailableError } from './errors.js';
import { GatedStore } from './outage/gated-store.js';
import { StoreGate } from './outage/store-gate.js';
import { RecordLookup } from './record-lookup.js';
import type { SessionRecord } from './record/session-record.js';

interface Call {
  readonly ids: readonly string[];
  readonly answer: (records: readonly (SessionRecord | undefined)[]) => void;
  readonly fail: (reason: Error) => void;
}

/** A store of several servers: the part of an id before the dot says which. It answers when it is told to. */
class SpreadStore extends MemorySessionStore {
  readonly calls: Call[] = [];

  override placeOf(id: string): string {
    if (id === 'nowhere') throw new Error('No such place.');
    return id.slice(0, 4);
  }

  override find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return new Promise((answer, fail) => this.calls.push({ ids, answer, fail }));
  }
}

describe('Look-ups', () => {
  let store: SpreadStore;
  let gate: StoreGate;
  let watch: HeldStopwatch;
  let lookup: RecordLookup;
  const asked = () => store.calls.map(({ ids }) => ids);
  const turn = () => new Promise(setImmediate);

  beforeEach(() => {
    store = new SpreadStore();
    watch = new HeldStopwatch();
    gate = new StoreGate(watch, { deadline: 30_000, underWay: 100 });
    lookup = new RecordLookup(new GatedStore(store, gate), watch);
  });

  it('of one turn travel in one call for each place, and each gets its own record', async () => {
    const record = aRecord();
    const found = ['aaaa.1', 'bbbb.2', 'aaaa.3', 'aaaa.1'].map((id) => lookup.find(id));
    await turn();
    expect(asked()).toEqual([['aaaa.1', 'aaaa.3', 'aaaa.1'], ['bbbb.2']]);
    store.calls[0]?.answer([record, undefined, record]);
    store.calls[1]?.answer([undefined]);
    const sentAt = watch.now();
    const [answer, none] = [
      { record, sentAt },
      { record: undefined, sentAt },
    ];
    expect(await Promise.all(found)).toEqual([answer, none, none, answer]);
  });

  it('never join a call that was sent before', async () => {
    const before = lookup.find('aaaa.1');
    await turn();
    watch.forward(5);
    const later = lookup.find('aaaa.1');
    await turn();
    expect(asked()).toEqual([['aaaa.1'], ['aaaa.1']]);
    for (const { answer } of store.calls) answer([undefined]);
    expect(await later).toEqual({ record: undefined, sentAt: watch.now() });
    expect((await before).sentAt.monotonic).toBe(watch.now().monotonic - 5);
  });

  it('in one place are neither held up nor failed by another, and its failures do not shut the gate meanwhile', async () => {
    const [held, failed, answered] = ['aaaa.1', 'bbbb.2', 'cccc.3'].map((id) => lookup.find(id));
    await turn();
    watch.forward(1_000);
    store.calls[2]?.answer([undefined]);
    expect(await answered).toMatchObject({ record: undefined });
    store.calls[1]?.fail(new StoreUnavailableError());
    await expect(failed).rejects.toThrow(StoreUnavailableError);
    expect(gate.state).toEqual({ awayFor: 0, underWay: 1, refused: 0 });
    store.calls[0]?.answer([undefined]);
    expect(await held).toMatchObject({ record: undefined });
    expect(gate.state.underWay).toBe(0);
  });

  it('fail together where their place fails', async () => {
    const found = Promise.allSettled(['aaaa.1', 'aaaa.2'].map((id) => lookup.find(id)));
    await turn();
    watch.forward(1_000);
    store.calls[0]?.fail(new StoreUnavailableError());
    const reason = expect.any(StoreUnavailableError);
    expect(await found).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    expect(gate.state.awayFor).toBe(1_000);
  });

  it('fail alone where the store cannot say the place', async () => {
    const found = lookup.find('aaaa.1');
    await expect(lookup.find('nowhere')).rejects.toThrow('No such place.');
    await turn();
    store.calls[0]?.answer([undefined]);
    expect(await found).toMatchObject({ record: undefined });
  });
});
