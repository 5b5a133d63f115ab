import assert from 'node:assert/strict';
import { aRecord, aSubject } from '../a-record.js';
import { type Claim, login, NOW, operation, renewalOf, stored } from './bench.js';

/** A re-authentication gives a session a new secret, and can do nothing else (design §5). */
export function renewalClaims(claim: Claim): void {
  claim('a renewal replaces the record as a whole', async ({ store }) => {
    const subject = aSubject();
    const record = await login(store, subject, { usedAt: NOW, replays: 3 });
    const renewal = renewalOf(record);
    assert.deepEqual(await store.renew(operation(), renewal, await store.fence(subject), NOW), { outcome: 'renewed' });
    assert.deepEqual(await stored(store, record), renewal.record);
    assert.deepEqual(await store.list(subject, NOW), [renewal.record]);
  });

  claim('a renewal of a record that has moved since is a conflict and changes nothing', async ({ store }) => {
    const subject = aSubject();
    const fence = await store.fence(subject);
    const record = await login(store, subject, { generation: 3, version: 2 });
    const { record: renewed } = renewalOf(record);
    const conflicts = {
      'another version': { record: renewed, expectedVersion: 1 },
      'the same generation': { record: { ...renewed, generation: 3 }, expectedVersion: 2 },
      'an older generation': { record: { ...renewed, generation: 2 }, expectedVersion: 2 },
      'a later absolute end': { record: { ...renewed, expiresAt: record.expiresAt + 1 }, expectedVersion: 2 },
    };
    for (const [why, renewal] of Object.entries(conflicts)) {
      assert.deepEqual(await store.renew(operation(), renewal, fence, NOW), { outcome: 'conflict' }, why);
      assert.deepEqual(
        await store.revokeAll(operation(), subject, 'password_changed', NOW, { renew: renewal }),
        { outcome: 'conflict' },
        why,
      );
      assert.deepEqual(await stored(store, record), record, why);
    }
    assert.equal(await store.fence(subject), fence);
  });

  claim('a renewal does not set the last use back', async ({ store }) => {
    const subject = aSubject();
    const record = await login(store, subject);
    await store.touch(record.id, NOW + 5_000);
    await store.renew(operation(), renewalOf(record), await store.fence(subject), NOW + 6_000);
    assert.equal((await stored(store, record))?.lastSeenAt, NOW + 5_000);
    const again = renewalOf(renewalOf(record).record);
    const later = { ...again, record: { ...again.record, lastSeenAt: NOW + 7_000 } };
    await store.renew(operation(), later, await store.fence(subject), NOW + 7_000);
    assert.equal((await stored(store, record))?.lastSeenAt, NOW + 7_000);
  });

  claim('a session that is absent or was ended is not brought back', async ({ store }) => {
    const subject = aSubject();
    const record = await login(store, subject);
    await store.revoke(operation(), record.id, 'logout', NOW);
    for (const gone of [record, aRecord(subject)]) {
      const outcome = await store.renew(operation(), renewalOf(gone), await store.fence(subject), NOW);
      assert.deepEqual(outcome, { outcome: 'gone' });
      assert.equal(await stored(store, gone), undefined);
    }
  });
}
