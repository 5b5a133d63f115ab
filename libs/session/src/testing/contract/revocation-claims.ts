import assert from 'node:assert/strict';
import { CHANNELS } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../a-record.js';
import { type Claim, idsOf, login, NOW, operation, renewalOf, stored } from './bench.js';

/** What is ended stays ended; what is spared lives on (P1, P2, P3). */
export function revocationClaims(claim: Claim): void {
  claim('revoke ends one session and says what it ended', async ({ store }) => {
    const subject = aSubject();
    const [record, other] = [await login(store, subject, { channel: 'browser' }), await login(store, subject)];
    const ended = { id: record.id, userId: subject.userId, channel: 'browser' };
    assert.deepEqual(await store.revoke(operation(), record.id, 'logout', NOW), ended);
    assert.equal(await stored(store, record), undefined);
    assert.deepEqual(await idsOf(store, subject), [other.id]);
  });

  claim('revoking what was ended, has expired or never was ends nothing', async ({ store }) => {
    const [ended, expired] = [await login(store, aSubject()), await login(store, aSubject(), { idleTimeout: 1_000 })];
    await store.revoke(operation(), ended.id, 'logout', NOW);
    assert.equal(await store.revoke(operation(), ended.id, 'logout', NOW), undefined);
    assert.equal(await store.revoke(operation(), expired.id, 'logout', NOW + 1_000), undefined);
    assert.equal(await store.revoke(operation(), aRecord().id, 'logout', NOW), undefined);
  });

  claim('of an id that was ended it says why, and of no other', async ({ store, peer }) => {
    const subject = aSubject();
    const [ended, live] = [await login(store, subject), await login(store, subject, { channel: 'browser' })];
    await store.revoke(operation(), ended.id, 'suspected_sharing', NOW); // the longest reason
    assert.equal(await store.endReason(ended.id), 'suspected_sharing');
    assert.equal(await store.endReason(live.id), undefined);
    assert.equal(await store.endReason(aRecord().id), undefined);
    await store.revokeAll(operation(), subject, 'password_changed', NOW);
    assert.equal(await peer.endReason(live.id), 'password_changed');
    assert.equal(await peer.endReason(ended.id), 'suspected_sharing'); // the first end is the end
  });

  claim('a request still running cannot bring its session back', async ({ store }) => {
    const subject = aSubject();
    const record = await login(store, subject);
    const fence = await store.fence(subject);
    await store.revoke(operation(), record.id, 'logout', NOW);
    await store.touch(record.id, NOW + 1);
    await store.used(record.id, 0, NOW + 1);
    const outcomes = [
      await store.write(operation(), record.id, 'late', 0, NOW + 1),
      await store.rotate(operation(), record.id, 0, NOW + 1, { window: 30_000, windowFrom: 'use' }),
      await store.renew(operation(), renewalOf(record), fence, NOW + 1),
    ];
    assert.deepEqual(outcomes, [{ outcome: 'gone' }, { outcome: 'gone' }, { outcome: 'gone' }]);
    assert.equal(await stored(store, record), undefined);
    assert.deepEqual(await idsOf(store, subject), []);
  });

  claim('revokeAll ends every session of every channel and names those that were alive', async ({ store }) => {
    const subject = aSubject();
    const live = await Promise.all(CHANNELS.map((channel) => login(store, subject, { channel })));
    const expired = await login(store, subject, { idleTimeout: 1_000 });
    const outcome = await store.revokeAll(operation(), subject, 'logout_all', NOW + 1_000);
    assert.ok(outcome.outcome === 'revoked' && !outcome.spared);
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    const named = live.map(({ id, userId, channel }) => ({ id, userId, channel }));
    assert.deepEqual(outcome.ended.toSorted(byId), named.toSorted(byId));
    const found = await store.find([...live, expired].map(({ id }) => id));
    assert.ok(found.every((record) => record === undefined));
    const again = await store.revokeAll(operation(), subject, 'logout_all', NOW);
    assert.deepEqual(again, { outcome: 'revoked', ended: [], spared: false });
  });

  claim('revokeAll leaves the session to be kept as it was', async ({ store }) => {
    const subject = aSubject();
    const [own, other] = [await login(store, subject, { channel: 'browser' }), await login(store, subject)];
    const outcome = await store.revokeAll(operation(), subject, 'logout_others', NOW, { keep: own.id });
    const ended = [{ id: other.id, userId: subject.userId, channel: 'api' }];
    assert.deepEqual(outcome, { outcome: 'revoked', ended, spared: true });
    assert.deepEqual(await store.list(subject, NOW), [own]);
  });

  claim('revokeAll renews the session that made the change in the same step', async ({ store }) => {
    const subject = aSubject();
    const [own, other] = [await login(store, subject), await login(store, subject, { channel: 'browser' })];
    await store.touch(own.id, NOW + 5_000);
    const renewal = renewalOf(own);
    const outcome = await store.revokeAll(operation(), subject, 'password_changed', NOW + 6_000, { renew: renewal });
    const ended = [{ id: other.id, userId: subject.userId, channel: 'browser' }];
    assert.deepEqual(outcome, { outcome: 'revoked', ended, spared: true });
    assert.deepEqual(await store.list(subject, NOW + 6_000), [{ ...renewal.record, lastSeenAt: NOW + 5_000 }]);
  });

  claim('a spared session still counts, can be listed and can be ended', async ({ store }) => {
    const subject = aSubject();
    const own = await login(store, subject);
    await store.revokeAll(operation(), subject, 'password_changed', NOW, { renew: renewalOf(own) });
    await store.revokeAll(operation(), subject, 'logout_others', NOW, { keep: own.id });
    const limit = { max: 1, policy: 'refuse' } as const;
    const next = await store.create(operation(), aRecord(subject), await store.fence(subject), NOW, limit);
    assert.deepEqual(next, { outcome: 'limitReached' });
    await store.revokeAll(operation(), subject, 'logout_all', NOW);
    assert.equal(await stored(store, own), undefined);
  });

  claim('a session that is gone, expired or not the user’s is not spared, and the others end all the same', async ({ store }) => {
    const foreign = await login(store, aSubject());
    for (const absent of [aRecord(), foreign]) {
      for (const spare of ['keep', 'renew'] as const) {
        const subject = aSubject();
        const expired = await login(store, subject, { idleTimeout: 1_000 });
        for (const own of [absent, expired]) {
          const other = await login(store, subject);
          const spared = spare === 'keep' ? { keep: own.id } : { renew: renewalOf(own) };
          const outcome = await store.revokeAll(operation(), subject, 'password_changed', NOW + 1_000, spared);
          const ended = [{ id: other.id, userId: subject.userId, channel: 'api' }];
          assert.deepEqual(outcome, { outcome: 'revoked', ended, spared: false });
          assert.deepEqual(await idsOf(store, subject), []);
        }
      }
    }
    assert.deepEqual(await stored(store, foreign), foreign);
  });

  claim('a store that cannot join a transaction says so, and changes nothing', async ({ store }) => {
    if (store.joinsTransactions) return; // how one that can does it is proved with its database
    const record = await login(store, aSubject());
    const subject = { userId: record.userId, slot: record.id.slice(0, record.id.indexOf('.')) };
    const call = () => store.revokeAll(operation(), subject, 'logout_all', NOW, undefined, {});
    await assert.rejects(async () => call(), { code: 'transaction_not_supported' });
    assert.deepEqual(await stored(store, record), record);
  });

  claim('revokeEveryone ends the sessions of all users', async ({ store }) => {
    const [one, two] = [aSubject(), aSubject()];
    const records = [await login(store, one), await login(store, one, { channel: 'browser' }), await login(store, two)];
    assert.ok((await store.revokeEveryone('everyone')) >= 3);
    assert.deepEqual(await store.find(records.map(({ id }) => id)), [undefined, undefined, undefined]);
    assert.deepEqual([...(await store.list(one, NOW)), ...(await store.list(two, NOW))], []);
    const next = await login(store, one);
    assert.deepEqual(await idsOf(store, one), [next.id]);
  });
}
