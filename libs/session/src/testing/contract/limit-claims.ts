import assert from 'node:assert/strict';
import type { SessionLimit } from '../../core/ports/session-store.js';
import { CHANNELS } from '../../core/record/session-record.js';
import { aSubject } from '../a-record.js';
import { type Claim, idsOf, login, NOW, operation, stored, tryLogin } from './bench.js';

const EVICT: SessionLimit = { max: 2, policy: 'evict' };
const REFUSE: SessionLimit = { max: 2, policy: 'refuse' };

/** A user never has more live sessions on a channel than the limit, and none is lost to one that has expired (P9). */
export function limitClaims(claim: Claim): void {
  claim('evict ends the session that was least recently seen, not the oldest, and says which', async ({ store }) => {
    const subject = aSubject();
    const first = await login(store, subject);
    const second = await login(store, subject, { channel: 'api' });
    await store.touch(first.id, NOW + 1_000);
    const third = await tryLogin(store, subject, EVICT, { createdAt: NOW + 2_000 });
    const evicted = [{ id: second.id, userId: subject.userId, channel: 'api' }];
    assert.deepEqual(third.login, { outcome: 'created', evicted });
    assert.equal(await store.endReason(second.id), 'evicted');
    assert.deepEqual(await idsOf(store, subject), [third.record.id, first.id]);
    assert.equal(await stored(store, second), undefined);
  });

  claim('a lowered limit evicts as many as it takes', async ({ store }) => {
    const subject = aSubject();
    const old = [];
    for (let at = 0; at < 5; at += 1) old.push(await login(store, subject, { lastSeenAt: NOW + at }));
    const { login: outcome } = await tryLogin(store, subject, EVICT, { lastSeenAt: NOW + 9 });
    assert.ok(outcome.outcome === 'created');
    const expected = old.slice(0, 4).map(({ id }) => id);
    assert.deepEqual(outcome.evicted.map(({ id }) => id).sort(), expected.sort());
    assert.equal((await idsOf(store, subject)).length, 2);
  });

  claim('refuse creates nothing beyond the limit', async ({ store }) => {
    const subject = aSubject();
    const kept = [await login(store, subject, { lastSeenAt: NOW + 1 }), await login(store, subject)];
    const { record, login: outcome } = await tryLogin(store, subject, REFUSE);
    assert.deepEqual(outcome, { outcome: 'limitReached' });
    assert.equal(await stored(store, record), undefined);
    assert.deepEqual(
      await idsOf(store, subject),
      kept.map(({ id }) => id),
    );
  });

  claim('each channel and each user has a limit of its own', async ({ store }) => {
    const [subject, neighbour] = [aSubject(), aSubject()];
    for (const who of [subject, { ...neighbour, slot: subject.slot }]) {
      for (const channel of CHANNELS) {
        for (let at = 0; at < 2; at += 1) {
          const { login: outcome } = await tryLogin(store, who, REFUSE, { channel });
          assert.deepEqual(outcome, { outcome: 'created', evicted: [] });
        }
      }
    }
    assert.equal((await idsOf(store, subject)).length, 2 * CHANNELS.length);
  });

  for (const [end, lifetime] of [
    ['idle', { idleTimeout: 1_000 }],
    ['absolute', { expiresAt: NOW + 1_000 }],
  ] as const) {
    claim(`a session past its ${end} end never counts and is not evicted`, async ({ store }) => {
      for (const limit of [EVICT, REFUSE]) {
        const subject = aSubject();
        const live = await login(store, subject);
        await login(store, subject, lifetime);
        await login(store, subject, lifetime);
        const { record, login: outcome } = await tryLogin(store, subject, limit, { createdAt: NOW + 1_000 });
        assert.deepEqual(outcome, { outcome: 'created', evicted: [] });
        assert.deepEqual(await idsOf(store, subject, NOW + 1_000), [record.id, live.id]);
      }
    });
  }

  claim('a session that use has carried past its first idle end still counts', async ({ store }) => {
    const subject = aSubject();
    const uses = {
      touched: (id: string) => store.touch(id, NOW + 900),
      rotated: (id: string) => store.rotate(operation(), id, 0, NOW + 900, { window: 0, windowFrom: 'use' }),
    };
    for (const use of Object.values(uses)) await use((await login(store, subject, { idleTimeout: 1_000 })).id);
    const late = { createdAt: NOW + 1_500 };
    assert.deepEqual((await tryLogin(store, subject, REFUSE, late)).login, { outcome: 'limitReached' });
    assert.equal((await idsOf(store, subject, NOW + 1_500)).length, 2);
    const later = { createdAt: NOW + 1_900 };
    assert.deepEqual((await tryLogin(store, subject, REFUSE, later)).login, { outcome: 'created', evicted: [] });
  });

  claim('a session that was ended makes room', async ({ store }) => {
    const subject = aSubject();
    const [first, second] = [await login(store, subject, { generation: 4 }), await login(store, subject)];
    await store.rotate(operation(), first.id, 0, NOW, { window: 0, windowFrom: 'use' });
    await store.revoke(operation(), second.id, 'logout', NOW);
    for (let at = 0; at < 2; at += 1) {
      assert.deepEqual((await tryLogin(store, subject, REFUSE)).login, { outcome: 'created', evicted: [] });
    }
  });
}
