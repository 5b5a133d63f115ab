import assert from 'node:assert/strict';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../a-record.js';
import { type Claim, idsOf, login, NOW, operation, stored } from './bench.js';

type Mutable = { -readonly [field in keyof SessionRecord]: SessionRecord[field] };

const AWKWARD = '"\\" \\\\ \\u0022 {}[]:*, \n\t é 😀 \\';

/** What goes in comes out; `touch`, `used` and `write` move what they may and nothing else. */
export function recordClaims(claim: Claim): void {
  claim('a session is found exactly as it was given, with every optional field and with none', async ({ store }) => {
    const subject = aSubject();
    const full = aRecord({
      ...subject,
      channel: 'browser',
      clientId: 'mobile',
      scope: 'read write',
      dpopThumbprint: 'thumb',
      remembered: true,
      generation: 1_000_000,
      minGeneration: 999_999,
      usedAt: NOW - 1,
      replays: 5,
      version: 1_000_000,
    });
    const bare = aRecord(subject);
    const fence = await store.fence(subject);
    for (const record of [full, bare]) await store.create(operation(), record, fence, NOW);
    assert.deepEqual(await store.find([full.id, bare.id]), [full, bare]);
  });

  claim('any text survives in any text field, the user id included', async ({ store }) => {
    const subject = { ...aSubject(), userId: `${aSubject().userId} ${AWKWARD}` };
    const record = aRecord({ ...subject, clientId: AWKWARD, scope: '', acr: AWKWARD, keyId: AWKWARD, sealed: AWKWARD });
    await store.create(operation(), record, await store.fence(subject), NOW);
    assert.deepEqual(await store.list(subject, NOW), [record]);
    await store.write(operation(), record.id, `${AWKWARD} again`, 0, NOW);
    assert.deepEqual(await stored(store, record), { ...record, version: 1, sealed: `${AWKWARD} again` });
    const ended = { id: record.id, userId: record.userId, channel: record.channel };
    assert.deepEqual(await store.revoke(operation(), record.id, 'logout', NOW), ended);
  });

  claim('find answers in the order asked, undefined where there is none', async ({ store }) => {
    const [a, b] = [await login(store, aSubject()), await login(store, aSubject())];
    const found = await store.find([b.id, aRecord().id, a.id, b.id]);
    assert.deepEqual(
      found.map((record) => record?.id),
      [b.id, undefined, a.id, b.id],
    );
    assert.deepEqual(await store.find([]), []);
  });

  claim('records cross by value', async ({ store }) => {
    const subject = aSubject();
    const given: Mutable = aRecord(subject);
    const asGiven = { ...given };
    await store.create(operation(), given, await store.fence(subject), NOW);
    given.userId = 'someone else';
    const found: Mutable | undefined = await stored(store, given);
    assert.ok(found);
    meddle(() => void (found.sealed = 'changed'));
    const [listed]: readonly (Mutable | undefined)[] = await store.list(subject, NOW);
    assert.ok(listed);
    meddle(() => void (listed.generation = 7));
    assert.deepEqual(await stored(store, given), asGiven);
  });

  claim('touch moves the last use forward, never back, and nothing else', async ({ store }) => {
    const record = await login(store, aSubject());
    await store.touch(record.id, NOW + 5_000);
    await store.touch(record.id, NOW + 4_000);
    assert.deepEqual(await stored(store, record), { ...record, lastSeenAt: NOW + 5_000 });
  });

  claim('a used session outlives its first idle end, but never its absolute end', async ({ store }) => {
    const subject = aSubject();
    const session = await login(store, subject, { idleTimeout: 10_000, expiresAt: NOW + 25_000 });
    for (const seenAt of [NOW + 9_000, NOW + 18_000, NOW + 24_000]) await store.touch(session.id, seenAt);
    assert.deepEqual(await idsOf(store, subject, NOW + 24_999), [session.id]);
    assert.deepEqual(await idsOf(store, subject, NOW + 25_000), []);
  });

  claim('an expired session is not revived by touch, used, write, rotate or renew', async ({ store }) => {
    const subject = aSubject();
    const session = await login(store, subject, { idleTimeout: 10_000 });
    const late = NOW + 10_000;
    await store.touch(session.id, late);
    await store.used(session.id, 0, late);
    assert.deepEqual(await store.write(operation(), session.id, 'late', 0, late), { outcome: 'gone' });
    const rule = { window: 30_000, windowFrom: 'use' } as const;
    assert.deepEqual(await store.rotate(operation(), session.id, 0, late, rule), { outcome: 'gone' });
    const renewal = { record: { ...session, generation: 1, version: 1 }, expectedVersion: 0 };
    assert.deepEqual(await store.renew(operation(), renewal, await store.fence(subject), late), { outcome: 'gone' });
    assert.deepEqual(await store.list(subject, late), []);
  });

  claim('only the first use of the current generation is noted', async ({ store }) => {
    const record = await login(store, aSubject(), { generation: 3 });
    for (const other of [2, 4]) await store.used(record.id, other, NOW + 1);
    assert.deepEqual(await stored(store, record), record);
    await store.used(record.id, 3, NOW + 2);
    await store.used(record.id, 3, NOW + 3);
    assert.deepEqual(await stored(store, record), { ...record, usedAt: NOW + 2 });
  });

  claim('write replaces the sealed part only over the version it was computed from', async ({ store }) => {
    const record = await login(store, aSubject(), { version: 4 });
    assert.deepEqual(await store.write(operation(), record.id, 'new', 3, NOW), { outcome: 'conflict' });
    assert.deepEqual(await store.write(operation(), record.id, 'new', 4, NOW), { outcome: 'written' });
    assert.deepEqual(await store.write(operation(), record.id, 'newer', 4, NOW), { outcome: 'conflict' });
    assert.deepEqual(await stored(store, record), { ...record, sealed: 'new', version: 5 });
    assert.deepEqual(await store.write(operation(), aRecord().id, 'new', 0, NOW), { outcome: 'gone' });
  });

  for (const [when, epoch] of [
    ['past', 1_000_000_000_000],
    ['future', 4_102_444_800_000],
  ] as const) {
    claim(`a session lives by the passed clock alone, in the far ${when} too`, async ({ store }) => {
      const subject = aSubject();
      const session = await login(store, subject, { createdAt: epoch });
      await store.touch(session.id, epoch + 1_700_000);
      await store.rotate(operation(), session.id, 0, epoch + 3_400_000, { window: 0, windowFrom: 'use' });
      assert.equal((await stored(store, session))?.lastSeenAt, epoch + 3_400_000);
      assert.deepEqual(await idsOf(store, subject, epoch + 5_199_999), [session.id]);
      assert.deepEqual(await idsOf(store, subject, epoch + 5_200_000), []);
    });
  }

  claim('users who share a slot share nothing else', async ({ store }) => {
    const [one, other] = [aSubject(), aSubject()];
    const neighbour = { ...other, slot: one.slot };
    const [mine, theirs] = [await login(store, one), await login(store, neighbour)];
    assert.deepEqual(await idsOf(store, neighbour), [theirs.id]);
    await store.revokeAll(operation(), neighbour, 'logout_all', NOW);
    assert.deepEqual(await idsOf(store, one), [mine.id]);
  });

  claim('list holds the live sessions of both channels, the most recently seen first', async ({ store }) => {
    const subject = aSubject();
    const oldest = await login(store, subject, { lastSeenAt: NOW - 3_000 });
    const newest = await login(store, subject, { lastSeenAt: NOW, channel: 'browser' });
    const middle = await login(store, subject, { lastSeenAt: NOW - 2_000 });
    await login(store, subject, { lastSeenAt: NOW - 1_000, idleTimeout: 1_000 });
    assert.deepEqual(await idsOf(store, subject), [newest.id, middle.id, oldest.id]);
    await store.touch(oldest.id, NOW + 1);
    assert.deepEqual(await idsOf(store, subject), [oldest.id, newest.id, middle.id]);
    assert.deepEqual(await store.list(aSubject(), NOW), []);
  });

  claim('the store tells the time, and what makes it unfit', async ({ store }) => {
    const [first, second] = [await store.time(), await store.time()];
    assert.ok(Number.isSafeInteger(first) && second >= first);
    assert.ok((await store.faults()).every((fault) => fault.length > 0));
  });
}

/** What a store hands out may be the caller's own, or frozen: nothing that he does may reach anybody else. */
function meddle(change: () => void): void {
  try {
    change();
  } catch (error) {
    assert.ok(error instanceof TypeError);
  }
}
