import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FIREFOX } from '../../../spec/core-under-test.js';
import { sampleOptions } from '../../../spec/sample-options.js';
import { MemoryCounters } from '../../stores/memory/memory.counters.js';
import { MemorySessionStore } from '../../stores/memory/memory-session.store.js';
import type { Fence, Subject } from '../ports/session-store.js';
import type { SessionRecord } from '../record/session-record.js';
import { StoreUnavailableError } from '../errors.js';
import { resolveOptions } from '../options/resolve-options.js';
import { createSessionCore, type SessionCore } from '../session-core.js';

/** Requests per round, and rounds: more by `npm run check:outage`. */
const REQUESTS = 10_000;
const ROUNDS = Number(process.env['OUTAGE_ROUNDS'] ?? 3);
/** Requests that come at the same time. */
const AT_ONCE = 100;
/** Milliseconds. */
const DEADLINE = 50;
/** Bytes that a request may leave: less than the smallest promise with its reaction takes. */
const LEFT_OVER = 60;

/** A store that takes calls and answers none, as a server that was stopped does. */
class HungStore extends MemorySessionStore {
  isHung = false;
  /** Calls that it took and will never answer. */
  taken = 0;

  override find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    return this.isHung ? this.never() : super.find(ids);
  }

  override used(id: string, generation: number, now: number): Promise<void> {
    return this.isHung ? this.never() : super.used(id, generation, now);
  }

  override touch(id: string, seenAt: number): Promise<void> {
    return this.isHung ? this.never() : super.touch(id, seenAt);
  }

  override fence(subject: Subject): Promise<Fence> {
    return this.isHung ? this.never() : super.fence(subject);
  }

  private never(): Promise<never> {
    this.taken += 1;
    return new Promise(() => undefined);
  }
}

describe('a store that hangs', () => {
  let store: HungStore;
  let core: SessionCore;
  let cookie: string;
  let accessToken: string;
  let refreshToken: string;
  let collectGarbage: () => void;

  beforeEach(async () => {
    setFlagsFromString('--expose-gc');
    collectGarbage = runInNewContext('gc') as () => void;
    store = new HungStore();
    core = await createSessionCore(resolveOptions(sampleOptions({ storeLimits: { deadline: DEADLINE } })), {
      store,
      counters: new MemoryCounters(),
    });
    const fence = await core.sessions.fence('user-1');
    const open = { userId: 'user-1', principal: { username: 'ada', roles: [] }, client: FIREFOX, fence };
    const browser = await core.sessions.open({ ...open, channel: 'browser' });
    const api = await core.sessions.open({ ...open, channel: 'api' });
    if (browser.credentials.channel !== 'browser' || api.credentials.channel !== 'api') throw new Error('other channels');
    ({ cookie } = browser.credentials);
    ({ accessToken, refreshToken } = api.credentials);
  });
  afterEach(() => setFlagsFromString('--no-expose-gc'));

  /** One request of each kind in turn; answers what it was told. */
  function request(number: number): Promise<unknown> {
    const kinds = [
      () => core.sessions.authenticateCookie(cookie, FIREFOX),
      () => core.sessions.authenticateToken(accessToken, FIREFOX, { within: 1, serveStale: 1_000 }),
      () => core.tokens.refresh({ refreshToken, context: FIREFOX }),
      () => core.sessions.fence('user-1'),
    ];
    const kind = kinds[number % kinds.length];
    return kind === undefined ? Promise.reject(new Error('no such kind')) : kind().then(() => 'answered', nameOf);
  }

  async function round(requests = REQUESTS): Promise<ReadonlySet<unknown>> {
    const told = new Set<unknown>();
    for (let sent = 0; sent < requests; sent += AT_ONCE) {
      const some = Array.from({ length: AT_ONCE }, (_, i) => request(sent + i));
      for (const answer of await Promise.all(some)) told.add(answer);
    }
    return told;
  }

  it('has each of 10,000 requests refused, of which it sees a few, and is left with no work and no memory of them', async () => {
    store.isHung = true;
    const heap: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      const began = performance.now();
      expect(await round()).toEqual(new Set([StoreUnavailableError.name]));
      await core.sessions.settled();
      expect(core.health.state.underWay).toBe(0);
      // In a first wave each look-up is a batch of its turn; then the gate is shut, and tried once in a second at the most.
      const trials = Math.ceil((performance.now() - began) / 1_000);
      expect(store.taken).toBeLessThanOrEqual(AT_ONCE + trials);
      store.taken = 0;
      collectGarbage();
      heap.push(process.memoryUsage().heapUsed);
    }
    const [first = 0] = heap;
    const growth = (heap.at(-1) ?? 0) - first;
    expect(growth / (REQUESTS * (ROUNDS - 1))).toBeLessThan(LEFT_OVER);
    expect(core.health.state.refused).toBeGreaterThan(ROUNDS * REQUESTS * 0.9);
  });

  it('serves again, once it answers, all who come', async () => {
    store.isHung = true;
    await round(AT_ONCE * 5);
    store.isHung = false;
    while ((await request(0)) !== 'answered') await new Promise(setImmediate);
    expect(await round(AT_ONCE * 5)).toEqual(new Set(['answered']));
  });
});

function nameOf(error: unknown): unknown {
  return error instanceof Error ? error.constructor.name : error;
}
