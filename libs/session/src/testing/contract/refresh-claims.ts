import assert from 'node:assert/strict';
import type { RotateOutcome, SessionStore } from '../../core/ports/session-store.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { decideRefresh, type RefreshRule } from '../../core/refresh/refresh-decision.js';
import { aRecord, aSubject } from '../a-record.js';
import { type Claim, idsOf, login, NOW, operation, stored } from './bench.js';

const WINDOW = 30_000;
const RULE: RefreshRule = { window: WINDOW, windowFrom: 'use' };
/** Also the first and the last moment inside the window, and the first outside. */
const USED_AT = [0, NOW, NOW - WINDOW, NOW - WINDOW - 1];
const REPLAYS = [0b000, 0b011, 0b101];

/** All small states: generation and what came before it, when it was used, which generations saw a replay. */
function* smallStates() {
  for (let generation = 0; generation <= 3; generation += 1) {
    for (let minGeneration = 0; minGeneration <= generation; minGeneration += 1) {
      for (const usedAt of USED_AT) for (const replays of REPLAYS) yield { generation, minGeneration, usedAt, replays };
    }
  }
}

/** Holds one step of the store against the decision function. */
async function compare(store: SessionStore, before: SessionRecord, presented: number, rule: RefreshRule): Promise<void> {
  const { outcome, state } = decideRefresh(before, presented, NOW, rule);
  const step = { before, presented, rule };
  const seen = { ...before, ...state, lastSeenAt: outcome === 'superseded' ? before.lastSeenAt : NOW };
  const { id, userId, channel } = before;
  const expected: RotateOutcome =
    outcome === 'superseded'
      ? { outcome }
      : outcome === 'reused'
        ? { outcome, ended: { id, userId, channel } }
        : { outcome, generation: state.generation, replays: state.replays };
  assert.deepEqual({ ...step, answer: await store.rotate(operation(), id, presented, NOW, rule) }, { ...step, answer: expected });
  assert.deepEqual({ ...step, after: await stored(store, before) }, { ...step, after: outcome === 'reused' ? undefined : seen });
}

/** The whole decision of design §6, in one step of the store. */
export function refreshClaims(claim: Claim): void {
  for (const windowFrom of ['use', 'rotation'] as const) {
    for (const window of [WINDOW, 0]) {
      claim(
        `every small state and presented generation ends as decided (window ${window} ms from ${windowFrom})`,
        async ({ store }) => {
          const subject = aSubject();
          const fence = await store.fence(subject);
          const steps = [...smallStates()].flatMap((state) =>
            [0, 1, 2, 3, 4].map(async (presented) => {
              const before = aRecord({ ...subject, ...state, createdAt: NOW - 60_000 });
              await store.create(operation(), before, fence, NOW - 60_000);
              await compare(store, before, presented, { window, windowFrom });
            }),
          );
          await Promise.all(steps);
        },
      );
    }
  }

  claim('a session that is absent, ended or expired is gone', async ({ store }) => {
    const session = await login(store, aSubject());
    assert.deepEqual(await store.rotate(operation(), aRecord().id, 0, NOW, RULE), { outcome: 'gone' });
    assert.deepEqual(await store.rotate(operation(), session.id, 0, NOW + 1_800_000, RULE), { outcome: 'gone' });
    await store.revoke(operation(), session.id, 'logout', NOW);
    assert.deepEqual(await store.rotate(operation(), session.id, 0, NOW, RULE), { outcome: 'gone' });
  });

  claim('reuse ends the session and no other', async ({ store }) => {
    const subject = aSubject();
    const [stolen, other] = [await login(store, subject, { generation: 2 }), await login(store, subject)];
    const { outcome } = await store.rotate(operation(), stolen.id, 0, NOW, RULE);
    assert.equal(outcome, 'reused');
    assert.deepEqual(await idsOf(store, subject), [other.id]);
  });

  claim('a refresh is a use, but one that comes late does not set the last use back', async ({ store }) => {
    const session = await login(store, aSubject());
    await store.touch(session.id, NOW + 9_000);
    await store.rotate(operation(), session.id, 0, NOW + 5_000, RULE);
    assert.equal((await stored(store, session))?.lastSeenAt, NOW + 9_000);
    await store.rotate(operation(), session.id, 1, NOW + 10_000, RULE);
    assert.equal((await stored(store, session))?.lastSeenAt, NOW + 10_000);
  });

  claim('the same successor is answered until a window after its first use, however late (P4)', async ({ store }) => {
    const session = await login(store, aSubject());
    const refresh = (now: number) => store.rotate(operation(), session.id, 0, now, RULE);
    assert.deepEqual(await refresh(NOW), { outcome: 'rotated', generation: 1, replays: 0 });
    assert.deepEqual(await refresh(NOW + 1_000_000), { outcome: 'replayed', generation: 1, replays: 1 });
    await store.used(session.id, 1, NOW + 1_000_000);
    assert.deepEqual(await refresh(NOW + 1_030_000), { outcome: 'replayed', generation: 1, replays: 1 });
    assert.equal((await refresh(NOW + 1_030_001)).outcome, 'reused');
  });
}
