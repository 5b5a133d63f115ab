import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ChangeListener } from '../core/ports/changes.js';
import {
  type CreateOutcome,
  type Fence,
  type OperationId,
  type Renewal,
  type SessionLimit,
  SessionStore,
  type Subject,
} from '../core/ports/session-store.js';
import type { EndReason, SessionRecord } from '../core/record/session-record.js';
import type { RefreshRule } from '../core/refresh/refresh-decision.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import type { FeedReach } from './contract/change-claims.js';
import { storeContract } from './store-contract.js';

/** Runs the contract by a runner of our own; answers the claims that failed. */
async function failedClaims(store: SessionStore, feed: FeedReach = 'process'): Promise<readonly string[]> {
  const claims: { claim: string; proof: () => Promise<void> }[] = [];
  const prepare: (() => Promise<void>)[] = [];
  const runner = {
    describe: (_: string, define: () => void) => define(),
    it: (claim: string, proof: () => Promise<void>) => claims.push({ claim, proof }),
    beforeAll: (before: () => Promise<void>) => prepare.push(before),
    afterAll: () => undefined,
  };
  storeContract(runner, async () => ({ store, close: async () => undefined }), { rounds: 40, feed });
  for (const before of prepare) await before();
  const failed: string[] = [];
  for (const { claim, proof } of claims) await proof().catch(() => failed.push(claim));
  return failed;
}

const turn = () => new Promise((resume) => setImmediate(resume));
const subjectOf = ({ id, userId }: SessionRecord): Subject => ({ userId, slot: id.slice(0, id.indexOf('.')) });

/** Reads the record, and writes it back whatever has happened to it meanwhile. */
class ResurrectingTouch extends MemorySessionStore {
  private readonly ghosts = new Map<string, SessionRecord>();
  override async touch(id: string, seenAt: number) {
    const [record] = await super.find([id]);
    await turn();
    await super.touch(id, seenAt);
    const [left] = await super.find([id]);
    if (record && !left && seenAt < record.expiresAt) this.ghosts.set(id, { ...record, lastSeenAt: seenAt });
  }
  override async find(ids: readonly string[]) {
    const found = await super.find(ids);
    return found.map((record, at) => record ?? this.ghosts.get(ids[at] ?? ''));
  }
}

/** Counts and makes room first, and adds the session in a step of its own. */
class CountThenCreate extends MemorySessionStore {
  override async create(
    operation: OperationId,
    record: SessionRecord,
    fence: Fence,
    now: number,
    limit?: SessionLimit,
  ): Promise<CreateOutcome> {
    const live = (await super.list(subjectOf(record), now)).filter(({ channel }) => channel === record.channel);
    await turn();
    const surplus = limit ? live.slice(limit.max - 1) : [];
    if (surplus.length > 0 && limit?.policy === 'refuse') return { outcome: 'limitReached' };
    for (const { id } of surplus) await super.revoke(randomUUID(), id, 'evicted', now);
    const created = await super.create(operation, record, fence, now);
    return created.outcome === 'created' ? { ...created, evicted: surplus } : created;
  }
}

/** Counts every session that it holds, or held when it was asked last. */
class CensusOfTheDead extends MemorySessionStore {
  override census() {
    return super.census(0);
  }
}

/** Counts sessions that have expired. */
class CountsTheExpired extends MemorySessionStore {
  override async create(
    operation: OperationId,
    record: SessionRecord,
    fence: Fence,
    now: number,
    limit?: SessionLimit,
  ): Promise<CreateOutcome> {
    const all = (await super.list(subjectOf(record), 0)).filter(({ channel }) => channel === record.channel);
    if (limit?.policy === 'refuse' && all.length >= limit.max) return { outcome: 'limitReached' };
    return super.create(operation, record, fence, now, limit);
  }
}

/** Lets every login in. */
class NoFence extends MemorySessionStore {
  override async create(operation: OperationId, record: SessionRecord, _: Fence, now: number, limit?: SessionLimit) {
    return super.create(operation, record, await super.fence(subjectOf(record)), now, limit);
  }
}

/** Looks at the fence first, and acts in a step of its own. */
class FenceThenRenew extends MemorySessionStore {
  override async create(operation: OperationId, record: SessionRecord, fence: Fence, now: number, limit?: SessionLimit) {
    const current = await super.fence(subjectOf(record));
    await turn();
    const seen = current === fence ? await super.fence(subjectOf(record)) : fence;
    return super.create(operation, record, seen, now, limit);
  }
}

/** Takes a repeated call for a new one. */
class NoMemory extends MemorySessionStore {
  override create(_: OperationId, record: SessionRecord, fence: Fence, now: number, limit?: SessionLimit) {
    return super.create(randomUUID(), record, fence, now, limit);
  }
  override rotate(_: OperationId, id: string, generation: number, now: number, rule: RefreshRule) {
    return super.rotate(randomUUID(), id, generation, now, rule);
  }
  override renew(_: OperationId, renewal: Renewal, fence: Fence, now: number) {
    return super.renew(randomUUID(), renewal, fence, now);
  }
  override write(_: OperationId, id: string, sealed: string, expectedVersion: number, now: number) {
    return super.write(randomUUID(), id, sealed, expectedVersion, now);
  }
  override revoke(_: OperationId, id: string, reason: EndReason, now: number) {
    return super.revoke(randomUUID(), id, reason, now);
  }
}

/** Decides on what it has read, and writes later. */
class ReadThenRotate extends MemorySessionStore {
  override async rotate(operation: OperationId, id: string, presented: number, now: number, rule: RefreshRule) {
    const [read] = await super.find([id]);
    await turn();
    const [written] = await super.find([id]);
    const current = read?.generation === presented ? (written?.generation ?? presented) : presented;
    return super.rotate(operation, id, current, now, rule);
  }
}

/** Takes the time from this machine. */
class OwnClock extends MemorySessionStore {
  override list(subject: Subject) {
    return super.list(subject, Date.now());
  }
}

/** Lets a session that was touched late live on beyond its idle end. */
class ForgivingTouch extends MemorySessionStore {
  override async touch(id: string, seenAt: number) {
    const [record] = await super.find([id]);
    if (record) for (let at = record.lastSeenAt; at < seenAt; ) await super.touch(id, (at = Math.min(seenAt, at + 1_000)));
  }
}

/** Has no feed, as the port allows. */
class Feedless extends MemorySessionStore {
  override changes(listener: ChangeListener) {
    return SessionStore.prototype.changes.call(this, listener);
  }
}

/** Goes on telling who has gone. */
class EndlessFeed extends MemorySessionStore {
  override async changes(listener: ChangeListener) {
    await super.changes(listener);
    return { close: async () => undefined };
  }
}

describe('storeContract', () => {
  it('lets a sound store pass', async () => {
    expect(await failedClaims(new MemorySessionStore())).toEqual([]);
  });

  it('lets a store without a feed pass, and fails one that has a feed and says it has none', async () => {
    expect(await failedClaims(new Feedless(), 'none')).toEqual([]);
    expect(await failedClaims(new MemorySessionStore(), 'none')).toEqual(['without a feed, a listener is told of a gap']);
  });

  const parallel = (policy: string) => `parallel logins never leave more sessions than the limit (${policy}, P9)`;
  const broken: readonly [fault: string, store: SessionStore, claims: readonly string[]][] = [
    ['brings a session back', new ResurrectingTouch(), ['a session revoked while a touch is under way never comes back (P3)']],
    ['counts and creates in two steps', new CountThenCreate(), [parallel('evict'), parallel('refuse')]],
    [
      'counts the expired',
      new CountsTheExpired(),
      [
        'a session past its idle end never counts and is not evicted',
        'a session past its absolute end never counts and is not evicted',
      ],
    ],
    [
      'ignores the fence',
      new NoFence(),
      [
        'a login under a moved, foreign or made-up fence creates nothing',
        'revokeAll and revokeEveryone move the fence, also of a user without a session',
        'no login or re-authentication under way survives revokeAll (P2)',
      ],
    ],
    [
      'checks the fence a step earlier',
      new FenceThenRenew(),
      ['no login or re-authentication under way survives revokeAll (P2)'],
    ],
    [
      'ignores the operation id',
      new NoMemory(),
      [
        'repeated after others have acted, create: created, evicting',
        'repeated after others have acted, rotate: rotated',
        'repeated after others have acted, renew: renewed',
        'repeated after others have acted, write: written',
        'repeated after others have acted, revoke: ended',
        'a call and its own repetition meeting act once',
      ],
    ],
    ['reads, and rotates later', new ReadThenRotate(), ['parallel refreshes with one token make one successor (P4)']],
    [
      'goes by its own clock',
      new OwnClock(),
      [
        'a session lives by the passed clock alone, in the far past too',
        'a session lives by the passed clock alone, in the far future too',
      ],
    ],
    [
      'revives what has expired',
      new ForgivingTouch(),
      ['an expired session is not revived by touch, used, write, rotate or renew'],
    ],
    [
      'counts in its census what has expired',
      new CensusOfTheDead(),
      ['the census counts on each channel what lives, whoever asks'],
    ],
    [
      'goes on telling a closed subscription',
      new EndlessFeed(),
      ['a closed subscription is told nothing, while another goes on; one that fails harms neither'],
    ],
  ];

  it.each(broken)('fails a store that %s', async (_, store, claims) => {
    expect(await failedClaims(store)).toEqual(expect.arrayContaining([...claims]));
  });
});
