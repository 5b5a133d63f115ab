import assert from 'node:assert/strict';
import type { SessionStore } from '../../core/ports/session-store.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../a-record.js';
import { atOnce, type Claim, idsOf, inRounds, login, NOW, operation, renewalOf, stored } from './bench.js';

const RULE = { window: 30_000, windowFrom: 'use' } as const;

type Late = (store: SessionStore, record: SessionRecord, fence: string) => Promise<unknown>;

/** Everything that a request still running may do to its session. */
const LATE_CALLS: Readonly<Record<string, Late>> = {
  touch: (store, { id }) => store.touch(id, NOW + 1),
  used: (store, { id }) => store.used(id, 0, NOW + 1),
  write: (store, { id }) => store.write(operation(), id, 'late', 0, NOW + 1),
  rotate: (store, { id }) => store.rotate(operation(), id, 0, NOW + 1, RULE),
  renew: (store, record, fence) => store.renew(operation(), renewalOf(record), fence, NOW + 1),
};

/** What holds when calls meet in one moment, on two instances where the store has two. */
export function raceClaims(claim: Claim): void {
  claim('parallel refreshes with one token make one successor (P4)', async ({ store, peer, rounds }) => {
    await inRounds(rounds, async (round) => {
      const { id } = await login(store, aSubject());
      const refresh = (via: SessionStore) => () => via.rotate(operation(), id, 0, NOW, RULE);
      const outcomes = await atOnce(round, [refresh(store), refresh(peer), refresh(store), refresh(peer)]);
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'rotated').length, 1);
      const successors = outcomes.map((outcome) => 'generation' in outcome && outcome.generation);
      assert.deepEqual(successors, [1, 1, 1, 1]);
      assert.equal((await stored(store, { id }))?.generation, 1);
    });
  });

  for (const [name, late] of Object.entries(LATE_CALLS)) {
    claim(`a session revoked while a ${name} is under way never comes back (P3)`, async ({ store, peer, rounds }) => {
      await inRounds(rounds, async (round) => {
        const subject = aSubject();
        const record = await login(store, subject);
        const fence = await store.fence(subject);
        const revoke = () => peer.revoke(operation(), record.id, 'logout', NOW + 1);
        const [, , ended] = await atOnce<unknown>(round, [
          () => late(store, record, fence),
          () => late(peer, record, fence),
          revoke,
        ]);
        assert.deepEqual(ended, { id: record.id, userId: subject.userId, channel: 'api' });
        assert.equal(await stored(store, record), undefined);
        assert.deepEqual(await idsOf(store, subject, NOW + 1), []);
      });
    });
  }

  claim('no login or re-authentication under way survives revokeAll (P2)', async ({ store, peer, rounds }) => {
    await inRounds(rounds, async (round) => {
      const subject = aSubject();
      const fence = await store.fence(subject);
      const own = await login(store, subject);
      await atOnce<unknown>(round, [
        () => store.create(operation(), aRecord(subject), fence, NOW),
        () => peer.create(operation(), aRecord({ ...subject, channel: 'browser' }), fence, NOW),
        () => peer.renew(operation(), renewalOf(own), fence, NOW),
        () => store.revokeAll(operation(), subject, 'password_changed', NOW),
        () => peer.create(operation(), aRecord(subject), fence, NOW),
      ]);
      assert.deepEqual(await idsOf(store, subject), []);
      assert.equal(await stored(store, own), undefined);
    });
  });

  for (const policy of ['evict', 'refuse'] as const) {
    claim(`parallel logins never leave more sessions than the limit (${policy}, P9)`, async ({ store, peer, rounds }) => {
      await inRounds(rounds, async (round) => {
        const subject = aSubject();
        const fence = await store.fence(subject);
        const limit = { max: 3, policy };
        const logins = Array.from({ length: 8 }, (_, at) => async () => {
          const record = aRecord({ ...subject, lastSeenAt: NOW + at });
          const via = at % 2 ? store : peer;
          return via.create(operation(), record, fence, NOW, limit);
        });
        const outcomes = await atOnce(round, logins);
        const created = outcomes.filter(({ outcome }) => outcome === 'created').length;
        const evicted = outcomes.flatMap((outcome) => ('evicted' in outcome ? outcome.evicted : []));
        assert.equal(created, policy === 'evict' ? 8 : 3);
        assert.equal(new Set(evicted.map(({ id }) => id)).size, created - 3);
        assert.equal((await idsOf(store, subject)).length, 3);
      });
    });
  }

  claim('a refresh that meets a password change comes before it or is superseded (P2)', async ({ store, peer, rounds }) => {
    await inRounds(rounds, async (round) => {
      const subject = aSubject();
      const [own, other] = [await login(store, subject), await login(store, subject)];
      const renewal = renewalOf(own);
      const answers = await atOnce<{ readonly outcome: string }>(round, [
        () => store.rotate(operation(), own.id, 0, NOW, RULE),
        () => peer.revokeAll(operation(), subject, 'password_changed', NOW, { renew: renewal }),
      ]);
      const outcomes = answers.map(({ outcome }) => outcome).join(', ');
      const rest = [await stored(store, own), await stored(store, other)];
      if (outcomes === 'rotated, conflict') assert.deepEqual(rest, [{ ...own, generation: 1 }, other]);
      else {
        assert.equal(outcomes, 'superseded, revoked');
        assert.deepEqual(rest, [renewal.record, undefined]);
      }
    });
  });

  claim('of writes over one version exactly one is written', async ({ store, peer, rounds }) => {
    await inRounds(rounds, async (round) => {
      const record = await login(store, aSubject());
      const write = (via: SessionStore, sealed: string) => async () => ({
        sealed,
        ...(await via.write(operation(), record.id, sealed, 0, NOW)),
      });
      const outcomes = await atOnce(round, [write(store, 'a'), write(peer, 'b'), write(store, 'c')]);
      const written = outcomes.filter(({ outcome }) => outcome === 'written');
      assert.equal(written.length, 1);
      assert.deepEqual(await stored(store, record), { ...record, sealed: written[0]?.sealed, version: 1 });
    });
  });

  claim('a use and a touch that meet a write or a refresh are not lost, nor undo it', async ({ store, peer, rounds }) => {
    await inRounds(rounds, async (round) => {
      const record = await login(store, aSubject());
      await atOnce<unknown>(round, [
        () => store.touch(record.id, NOW + 5),
        () => peer.write(operation(), record.id, 'new', 0, NOW),
        () => store.used(record.id, 0, NOW),
        () => peer.touch(record.id, NOW + 9),
      ]);
      assert.deepEqual(await stored(store, record), { ...record, lastSeenAt: NOW + 9, usedAt: NOW, sealed: 'new', version: 1 });
      await atOnce<unknown>(round, [
        () => store.touch(record.id, NOW + 20),
        () => peer.rotate(operation(), record.id, 0, NOW, RULE),
        () => store.write(operation(), record.id, 'newer', 1, NOW),
      ]);
      const { generation, lastSeenAt, sealed } = (await stored(store, record)) ?? record;
      assert.deepEqual({ generation, lastSeenAt, sealed }, { generation: 1, lastSeenAt: NOW + 20, sealed: 'newer' });
    });
  });

  claim('a call and its own repetition meeting act once', async ({ store, peer, rounds }) => {
    await inRounds(rounds, async (round) => {
      const subject = aSubject();
      const fence = await store.fence(subject);
      const old = await login(store, subject);
      const record = aRecord({ ...subject, lastSeenAt: NOW + 1 });
      const [create, rotate] = [operation(), operation()];
      const limit = { max: 1, policy: 'evict' } as const;
      const created = await atOnce(
        round,
        [store, peer, store].map((via) => () => via.create(create, record, fence, NOW, limit)),
      );
      const evicted = [{ id: old.id, userId: subject.userId, channel: 'api' }];
      for (const outcome of created) assert.deepEqual(outcome, { outcome: 'created', evicted });
      const rotated = await atOnce(
        round,
        [store, peer, store].map((via) => () => via.rotate(rotate, record.id, 0, NOW, RULE)),
      );
      for (const outcome of rotated) assert.deepEqual(outcome, { outcome: 'rotated', generation: 1, replays: 0 });
      assert.deepEqual(await stored(store, record), { ...record, generation: 1 });
    });
  });
}
