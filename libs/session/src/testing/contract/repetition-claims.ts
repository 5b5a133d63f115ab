import assert from 'node:assert/strict';
import type { SessionStore, Subject } from '../../core/ports/session-store.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../a-record.js';
import { type Claim, login, NOW, operation, renewalOf, stored } from './bench.js';

const RULE = { window: 30_000, windowFrom: 'use' } as const;

interface Scene {
  readonly store: SessionStore;
  readonly subject: Subject;
  readonly record: SessionRecord;
  readonly fence: string;
}

interface Repetition {
  /** The call whose answer is lost, under the operation id it is given. */
  readonly call: (scene: Scene, operation: string) => Promise<unknown>;
  /** What others do before the caller repeats it. */
  readonly meanwhile: (scene: Scene) => Promise<unknown>;
}

const loggedIn = ({ store, subject }: Scene) => login(store, subject);
const revoked = ({ store, record }: Scene) => store.revoke(operation(), record.id, 'logout', NOW);
const refreshed =
  (generation: number) =>
  ({ store, record }: Scene) =>
    store.rotate(operation(), record.id, generation, NOW, RULE);

/** One row per outcome: each would come out differently, or act twice, if the repetition were a call of its own. */
function repetitions(newcomer: SessionRecord): Readonly<Record<string, Repetition>> {
  const limited =
    (policy: 'evict' | 'refuse') =>
    ({ store, fence }: Scene, id: string) =>
      store.create(id, newcomer, fence, NOW, { max: 1, policy });
  const oneMore = async (scene: Scene) => scene.store.create(operation(), aRecord(scene.subject), scene.fence, NOW);
  return {
    'create: created, evicting': { call: limited('evict'), meanwhile: oneMore },
    'create: created, then ended': {
      call: limited('evict'),
      meanwhile: ({ store }) => store.revoke(operation(), newcomer.id, 'logout', NOW),
    },
    'create: limitReached': { call: limited('refuse'), meanwhile: revoked },
    'create: fenced': {
      call: ({ store, record, fence }, id) => store.create(id, { ...record, sealed: 'other' }, fence, NOW),
      meanwhile: oneMore,
    },
    'rotate: rotated': { call: ({ store, record }, id) => store.rotate(id, record.id, 4, NOW, RULE), meanwhile: refreshed(5) },
    'rotate: replayed': { call: ({ store, record }, id) => store.rotate(id, record.id, 3, NOW, RULE), meanwhile: refreshed(4) },
    'rotate: healed': { call: ({ store, record }, id) => store.rotate(id, record.id, 9, NOW, RULE), meanwhile: refreshed(10) },
    'rotate: reused': { call: ({ store, record }, id) => store.rotate(id, record.id, 1, NOW, RULE), meanwhile: loggedIn },
    'rotate: rotated, then ended': {
      call: ({ store, record }, id) => store.rotate(id, record.id, 4, NOW, RULE),
      meanwhile: revoked,
    },
    'renew: renewed': {
      call: ({ store, record, fence }, id) => store.renew(id, renewalOf(record), fence, NOW),
      meanwhile: ({ store, record }) => store.write(operation(), record.id, 'later', 1, NOW),
    },
    'renew: conflict': {
      call: ({ store, record, fence }, id) => store.renew(id, { ...renewalOf(record), expectedVersion: 1 }, fence, NOW),
      meanwhile: ({ store, record }) => store.write(operation(), record.id, 'later', 0, NOW),
    },
    'write: written': {
      call: ({ store, record }, id) => store.write(id, record.id, 'first', 0, NOW),
      meanwhile: ({ store, record }) => store.write(operation(), record.id, 'second', 1, NOW),
    },
    'write: conflict': {
      call: ({ store, record }, id) => store.write(id, record.id, 'first', 1, NOW),
      meanwhile: ({ store, record }) => store.write(operation(), record.id, 'second', 0, NOW),
    },
    'revoke: ended': { call: ({ store, record }, id) => store.revoke(id, record.id, 'logout', NOW), meanwhile: loggedIn },
    'revokeAll: revoked': {
      call: ({ store, subject }, id) => store.revokeAll(id, subject, 'password_changed', NOW),
      meanwhile: loggedIn,
    },
    'revokeAll: revoked, sparing one': {
      call: ({ store, subject, record }, id) =>
        store.revokeAll(id, subject, 'password_changed', NOW, { renew: renewalOf(record) }),
      meanwhile: loggedIn,
    },
    'revokeAll: conflict': {
      call: ({ store, subject, record }, id) =>
        store.revokeAll(id, subject, 'password_changed', NOW, { renew: { ...renewalOf(record), expectedVersion: 1 } }),
      meanwhile: ({ store, record }) => store.write(operation(), record.id, 'later', 0, NOW),
    },
  };
}

/** A caller whose answer was lost repeats the call: it gets the first outcome, and nothing is changed again (design §13). */
export function repetitionClaims(claim: Claim): void {
  for (const title of Object.keys(repetitions(aRecord()))) {
    claim(`repeated after others have acted, ${title}`, async ({ store, peer }) => {
      const subject = aSubject();
      const newcomer = aRecord({ ...subject, lastSeenAt: NOW + 1 });
      const repetition = repetitions(newcomer)[title];
      assert.ok(repetition);
      const record = await login(store, subject, { generation: 4 });
      const scene = { store, subject, record, fence: await store.fence(subject) };
      const id = operation();
      const first = await repetition.call(scene, id);
      await repetition.meanwhile(scene);
      const world = async () => [
        await store.list(subject, NOW),
        await store.find([record.id, newcomer.id]),
        await store.fence(subject),
      ];
      const before = await world();
      assert.deepEqual(await repetition.call({ ...scene, store: peer }, id), first);
      assert.deepEqual(await world(), before);
    });
  }

  claim('a repeated revokeAll does not end a later login, nor fence one under way', async ({ store }) => {
    const subject = aSubject();
    const id = operation();
    const first = await store.revokeAll(id, subject, 'password_changed', NOW);
    const fence = await store.fence(subject);
    const later = await login(store, subject);
    assert.deepEqual(await store.revokeAll(id, subject, 'password_changed', NOW), first);
    assert.deepEqual(await stored(store, later), later);
    assert.deepEqual(await store.create(operation(), aRecord(subject), fence, NOW), { outcome: 'created', evicted: [] });
  });

  claim('an outcome crosses by value too', async ({ store }) => {
    const subject = aSubject();
    const record = await login(store, subject);
    const id = operation();
    const first = await store.revokeAll(id, subject, 'logout_all', NOW);
    if (first.outcome === 'revoked') for (const ended of first.ended) Reflect.set(ended, 'id', 'changed');
    const ended = [{ id: record.id, userId: subject.userId, channel: 'api' }];
    assert.deepEqual(await store.revokeAll(id, subject, 'logout_all', NOW), { outcome: 'revoked', ended, spared: false });
  });
}
