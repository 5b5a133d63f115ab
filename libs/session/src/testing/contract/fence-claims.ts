import assert from 'node:assert/strict';
import { aRecord, aSubject } from '../a-record.js';
import { type Claim, idsOf, login, NOW, operation, renewalOf, stored } from './bench.js';

/** Nothing that was begun under an older fence succeeds (P2). */
export function fenceClaims(claim: Claim): void {
  claim('a fence stays the same until it is moved, and is each user’s own', async ({ store }) => {
    const [subject, other] = [aSubject(), aSubject()];
    const fence = await store.fence(subject);
    assert.equal(await store.fence(subject), fence);
    assert.notEqual(await store.fence({ ...other, slot: subject.slot }), fence);
    await store.moveFence(subject);
    assert.notEqual(await store.fence(subject), fence);
  });

  claim('a login under a moved, foreign or made-up fence creates nothing', async ({ store }) => {
    const [subject, other] = [aSubject(), aSubject()];
    const unread = await store.create(operation(), aRecord(subject), 'made up', NOW);
    const moved = await store.fence(subject);
    await store.moveFence(subject);
    const absent = await store.create(operation(), aRecord(subject), moved, NOW);
    await store.fence(subject);
    const old = await store.create(operation(), aRecord(subject), moved, NOW);
    const foreign = await store.create(operation(), aRecord(subject), await store.fence(other), NOW);
    for (const outcome of [unread, absent, old, foreign]) assert.deepEqual(outcome, { outcome: 'fenced' });
    assert.deepEqual(await store.list(subject, NOW), []);
  });

  claim('a re-authentication under a moved fence renews nothing', async ({ store }) => {
    const subject = aSubject();
    const record = await login(store, subject);
    const fence = await store.fence(subject);
    await store.moveFence(subject);
    assert.deepEqual(await store.renew(operation(), renewalOf(record), fence, NOW), { outcome: 'fenced' });
    assert.deepEqual(await stored(store, record), record);
  });

  claim('revokeAll and revokeEveryone move the fence, also of a user without a session', async ({ store }) => {
    const subject = aSubject();
    for (const end of [
      () => store.revokeAll(operation(), subject, 'password_changed', NOW),
      () => store.revokeEveryone('everyone'),
    ]) {
      const fence = await store.fence(subject);
      await end();
      assert.deepEqual(await store.create(operation(), aRecord(subject), fence, NOW), { outcome: 'fenced' });
    }
  });

  claim('an id that lives or was ended is refused, whatever the fence', async ({ store }) => {
    const subject = aSubject();
    const record = await login(store, subject);
    const again = async () => store.create(operation(), { ...record, generation: 9 }, await store.fence(subject), NOW);
    assert.deepEqual(await again(), { outcome: 'fenced' });
    assert.deepEqual(await stored(store, record), record);
    await store.revoke(operation(), record.id, 'logout', NOW);
    assert.deepEqual(await again(), { outcome: 'fenced' });
    assert.deepEqual(await idsOf(store, subject), []);
  });

  claim('every way to end a session leaves its id refused', async ({ store }) => {
    const subject = aSubject();
    const ways = {
      reuse: async (id: string) => store.rotate(operation(), id, 0, NOW, { window: 0, windowFrom: 'use' }),
      revokeAll: async () => store.revokeAll(operation(), subject, 'logout_all', NOW),
      revokeEveryone: async () => store.revokeEveryone('everyone'),
      eviction: async () => {
        const fence = await store.fence(subject);
        await store.create(operation(), aRecord(subject), fence, NOW + 1, { max: 1, policy: 'evict' });
      },
    };
    for (const [way, end] of Object.entries(ways)) {
      const record = await login(store, subject, { generation: 5 });
      await end(record.id);
      assert.equal(await stored(store, record), undefined, way);
      assert.deepEqual(await store.create(operation(), record, await store.fence(subject), NOW), { outcome: 'fenced' }, way);
    }
  });
}
