import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { Change } from '../../core/ports/changes.js';
import type { Fence, SessionStore, Subject } from '../../core/ports/session-store.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../a-record.js';
import { type Claim, login, NOW, operation, renewalOf } from './bench.js';

/** Whom a store tells of changes: nobody, listeners of the same store object, or those of every instance over the same data. */
export type FeedReach = 'none' | 'process' | 'shared';

const RULE = { window: 0, windowFrom: 'use' } as const;
const PATIENCE = 10_000;

interface Scene {
  readonly store: SessionStore;
  readonly subject: Subject;
  /** Two sessions of the user, the first seen longer ago. */
  readonly own: SessionRecord;
  readonly other: SessionRecord;
  readonly fence: Fence;
}

interface Mutation {
  readonly act: (scene: Scene) => Promise<unknown>;
  readonly changed: readonly ('own' | 'other')[];
}

const CHANGES: Readonly<Record<string, Mutation>> = {
  'revoke ends': { act: ({ store, own }) => store.revoke(operation(), own.id, 'logout', NOW), changed: ['own'] },
  'revokeAll ends': {
    act: ({ store, subject }) => store.revokeAll(operation(), subject, 'logout_all', NOW),
    changed: ['own', 'other'],
  },
  'revokeAll ends, and the one that it renews': {
    act: ({ store, subject, own }) => store.revokeAll(operation(), subject, 'password_changed', NOW, { renew: renewalOf(own) }),
    changed: ['own', 'other'],
  },
  'a login beyond the limit evicts': {
    act: ({ store, subject, fence }) =>
      store.create(operation(), aRecord({ ...subject, createdAt: NOW }), fence, NOW, { max: 2, policy: 'evict' }),
    changed: ['own'],
  },
  'a reused refresh token ends': {
    act: ({ store, own }) => store.rotate(operation(), own.id, 0, NOW, RULE),
    changed: ['own'],
  },
  'renew replaces': {
    act: ({ store, own, fence }) => store.renew(operation(), renewalOf(own), fence, NOW),
    changed: ['own'],
  },
  'write rewrites': { act: ({ store, own }) => store.write(operation(), own.id, 'new', own.version, NOW), changed: ['own'] },
};

/** The feed of changes (design §7): nothing rests on it, but what it promises it keeps. */
export function changeClaims(reach: FeedReach): (claim: Claim) => void {
  return (claim) => {
    if (reach === 'none') claimNone(claim);
    else claimFeed(claim, reach);
  };
}

function claimNone(claim: Claim): void {
  claim('without a feed, a listener is told of a gap', async ({ store }) => {
    const listening = await listen(store);
    assert.deepEqual(listening.heard, [{ type: 'gap' }]);
    await listening.close();
  });
}

function claimFeed(claim: Claim, reach: 'process' | 'shared'): void {
  for (const [title, { act, changed }] of Object.entries(CHANGES)) {
    claim(`a listener is told of each record that ${title}`, async ({ store, peer }) => {
      const scene = await prepare(store);
      const listening = await listen(reach === 'shared' ? peer : store);
      await act(scene);
      for (const which of changed) await listening.until(scene[which].id);
      assert.deepEqual(listening.idsAmong(scene), new Set(changed.map((which) => scene[which].id)));
      await listening.close();
    });
  }

  claim('a listener is told when everyone’s sessions are ended', async ({ store, peer }) => {
    const listening = await listen(reach === 'shared' ? peer : store);
    await store.revokeEveryone('everyone');
    await listening.untilSo(({ type }) => type === 'everyone');
    await listening.close();
  });

  claim('reads, uses and rotations are told to nobody', async ({ store, peer }) => {
    const scene = await prepare(store);
    const { own, other, subject } = scene;
    const listening = await listen(reach === 'shared' ? peer : store);
    await store.find([own.id]);
    await store.list(subject, NOW);
    await store.touch(own.id, NOW + 1);
    await store.rotate(operation(), own.id, own.generation, NOW + 1, RULE);
    await store.used(own.id, own.generation + 1, NOW + 1);
    await store.revoke(operation(), other.id, 'logout', NOW + 1);
    await listening.until(other.id);
    assert.deepEqual(listening.idsAmong(scene), new Set([other.id]));
    await listening.close();
  });

  claim('a closed subscription is told nothing, while another goes on; one that fails harms neither', async ({ store, peer }) => {
    const { own, other } = await prepare(store);
    const there = reach === 'shared' ? peer : store;
    const failing = await there.changes(() => {
      throw new Error('a listener of the contract fails on purpose');
    });
    const [closed, open] = [await listen(there), await listen(there)];
    await store.revoke(operation(), own.id, 'logout', NOW);
    await Promise.all([closed.until(own.id), open.until(own.id)]);
    await closed.close();
    const before = closed.heard.length;
    await store.revoke(operation(), other.id, 'logout', NOW);
    await open.until(other.id);
    assert.equal(closed.heard.length, before);
    await open.close();
    await failing.close();
    const again = await listen(there);
    await again.close();
  });

  if (reach === 'process') return;
  claim('a subscription that broke tells a gap once it is whole, and goes on', async ({ store, peer, breakFeed }) => {
    assert.ok(breakFeed, 'a store whose feed crosses the network is proved with breakFeed');
    const { own } = await prepare(store);
    const listening = await listen(peer);
    const before = listening.heard.length;
    await breakFeed();
    await listening.untilSo(({ type }, at) => at >= before && type === 'gap');
    await store.revoke(operation(), own.id, 'logout', NOW);
    await listening.until(own.id);
    await listening.close();
  });
}

async function prepare(store: SessionStore): Promise<Scene> {
  const subject = aSubject();
  const own = await login(store, subject, { generation: 2, usedAt: NOW });
  const other = await login(store, subject, { lastSeenAt: NOW + 1 });
  return { store, subject, own, other, fence: await store.fence(subject) };
}

async function listen(store: SessionStore) {
  const heard: Change[] = [];
  const subscription = await store.changes((change) => void heard.push(change));
  const untilSo = async (isIt: (change: Change, at: number) => boolean) => {
    const deadline = performance.now() + PATIENCE;
    while (!heard.some(isIt)) {
      assert.ok(performance.now() < deadline, `not told in ${PATIENCE} ms; heard ${JSON.stringify(heard.slice(-5))}`);
      await wait(2);
    }
  };
  return {
    heard,
    untilSo,
    until: (id: string) => untilSo((change) => change.type === 'changed' && change.id === id),
    idsAmong: ({ own, other }: Scene) =>
      new Set(
        heard.flatMap((change) => (change.type === 'changed' && [own.id, other.id].includes(change.id) ? [change.id] : [])),
      ),
    close: () => subscription.close(),
  };
}
