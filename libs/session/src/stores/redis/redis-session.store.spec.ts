import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { InvalidOptionsError } from '../../core/errors.js';
import type { Change } from '../../core/ports/changes.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { storeContract } from '../../testing/store-contract.js';
import { RedisSessionStore } from './redis-session.store.js';

const connected = () => createClient({ url: process.env.REDIS_URL }).connect();

storeContract(
  { describe, it, beforeAll, afterAll },
  async () => {
    const [one, two, subscriber] = await Promise.all([connected(), connected(), connected()]);
    subscriber.on('error', () => undefined); // broken on purpose
    const options = { prefix: 'contract', deadline: 30_000 };
    return {
      store: new RedisSessionStore(one, options),
      peer: new RedisSessionStore(two, { ...options, subscriber }),
      breakFeed: async () => void (await one.sendCommand(['CLIENT', 'KILL', 'ID', String(await subscriber.clientId())])),
      close: async () => [one, two, subscriber].forEach((client) => client.destroy()),
    };
  },
  { feed: 'shared' },
);

describe('RedisSessionStore', () => {
  const NOW = 2_000_000_000_000;
  let client: Awaited<ReturnType<typeof connected>>;
  let store: RedisSessionStore;
  let operations = 0;
  const operation = () => `operation-${(operations += 1)}`;
  const keyOf = ({ id }: SessionRecord) => `own:{${id.replace('.', '}:s:')}`;
  const keys = async (pattern: string) => (await client.keys(`own:${pattern}`)).sort();

  async function login(subject = aSubject(), overrides: Partial<SessionRecord> = {}): Promise<SessionRecord> {
    const record = aRecord({ ...subject, ...overrides });
    await store.create(operation(), record, await store.fence(subject), NOW);
    return record;
  }

  beforeAll(async () => {
    client = await connected();
    store = new RedisSessionStore(client, { prefix: 'own', deadline: 30_000 });
  });
  afterAll(() => client.destroy());

  it('gives every key of a user the hash tag of the slot, and none the user id', async () => {
    const subject = aSubject();
    const record = await login(subject);
    await store.rotate(operation(), record.id, 0, NOW, { window: 0, windowFrom: 'use' });
    await login(subject, { channel: 'browser' });
    await store.revoke(operation(), record.id, 'logout', NOW);
    const all = await keys('*');
    expect(all.length).toBeGreaterThanOrEqual(8);
    for (const key of all) expect(key).toMatch(new RegExp(`^own:\\{${subject.slot}\\}:`));
    expect(all.filter((key) => key.includes(subject.userId))).toEqual([]);
  });

  it('keeps a record until its end by the passed clock and a minute more, whatever the wall clock', async () => {
    const record = await login(aSubject(), { idleTimeout: 100_000, expiresAt: NOW + 150_000 });
    const ttl = async () => client.pTTL(keyOf(record));
    expect(await ttl()).toBeGreaterThan(100_000);
    await store.touch(record.id, NOW + 60_000);
    await store.used(record.id, 0, NOW + 60_000);
    await store.write(operation(), record.id, 'new', 0, NOW + 60_000);
    expect(await ttl()).toBeLessThanOrEqual(150_000);
    expect(await ttl()).toBeGreaterThan(90_000);
  });

  it('keeps an index longer than its longest session, also when a shorter one comes later', async () => {
    const subject = aSubject();
    await login(subject, { expiresAt: NOW + 90_000_000 });
    await login(subject, { expiresAt: NOW + 1_000 });
    const [index = ''] = await keys(`{${subject.slot}}:i:*`);
    expect(await client.pTTL(index)).toBeGreaterThan(90_000_000 + 60_000);
  });

  it('remembers an operation beyond the retry horizon', async () => {
    const { id } = await login();
    await store.revoke('remembered', id, 'logout', NOW);
    expect(await client.pTTL(`own:{${id.slice(0, 4)}}:op:remembered`)).toBeGreaterThan(30_000);
  });

  it('keeps a fence longer than the longest login, from its last read on', async () => {
    const subject = aSubject();
    await store.fence(subject);
    const [fence = ''] = await keys(`{${subject.slot}}:f:*`);
    await client.pExpire(fence, 5_000);
    await store.fence(subject);
    expect(await client.pTTL(fence)).toBeGreaterThan(600_000);
  });

  it('leaves the first reason in the place of the record for an hour', async () => {
    const subject = aSubject();
    const [one, other] = [await login(subject), await login(subject)];
    await store.revoke(operation(), one.id, 'administrator', NOW);
    await store.revokeAll(operation(), subject, 'logout_all', NOW);
    expect(await client.mGet([keyOf(one), keyOf(other)])).toEqual(['administrator', 'logout_all']);
    for (const record of [one, other]) {
      const ttl = await client.pTTL(keyOf(record));
      expect(ttl).toBeGreaterThan(3_500_000);
      expect(ttl).toBeLessThanOrEqual(3_600_000);
    }
  });

  it('drops from the index what is found dead, and the expired record with it', async () => {
    const subject = aSubject();
    const [expired, ended] = [await login(subject, { idleTimeout: 1_000 }), await login(subject)];
    await store.revoke(operation(), ended.id, 'logout', NOW);
    const [index = ''] = await keys(`{${subject.slot}}:i:*`);
    expect(await client.zCard(index)).toBe(2);
    await store.list(subject, NOW + 1_000);
    expect(await client.zCard(index)).toBe(0);
    expect(await client.exists(keyOf(expired))).toBe(0);
  });

  it('takes a value that it did not write for no record', async () => {
    const subject = aSubject();
    const record = await login(subject);
    for (const value of [
      '',
      '[]',
      '{}',
      'null',
      '[1,2',
      '[0,0,0,0,0,1,1,1,1,"b","u"]',
      '["0",0,0,0,0,1,1,1,1,"b"',
      '[x,0,0,0,x,1,1,x,1,"b","u",1]',
      '[1.2.3,0,0,0,1,1,1,1,1,"b","u",1]',
    ]) {
      await client.set(keyOf(record), value);
      expect(await store.find([record.id])).toEqual([undefined]);
      expect(await store.list(subject, NOW)).toEqual([]);
    }
    expect(await store.rotate(operation(), record.id, 0, NOW, { window: 0, windowFrom: 'use' })).toEqual({ outcome: 'gone' });
  });

  it('ends all sessions of a user although someone spoilt one of them, or invented one', async () => {
    const subject = aSubject();
    const [spoilt, good] = [await login(subject), await login(subject)];
    await client.set(keyOf(spoilt), '[x,0,0,0,x,1,1,x,1,"a","u",1]');
    const { outcome } = await store.revokeAll(operation(), subject, 'logout_all', NOW);
    expect(outcome).toBe('revoked');
    expect(await store.find([spoilt.id, good.id])).toEqual([undefined, undefined]);
  });

  it('ends ten thousand sessions in one step', async () => {
    const subject = aSubject();
    const fence = await store.fence(subject);
    const records = Array.from({ length: 10_001 }, () => aRecord(subject));
    await Promise.all(records.map((record, at) => store.create(`many-${at}`, record, fence, NOW)));
    expect(await store.list(subject, NOW)).toHaveLength(10_001);
    const outcome = await store.revokeAll(operation(), subject, 'logout_all', NOW, { keep: records[0]?.id ?? '' });
    expect(outcome.outcome === 'revoked' && outcome.ended.length).toBe(10_000);
    expect(await store.list(subject, NOW)).toEqual([records[0]]);
  });

  it('ends everyone under its own prefix only', async () => {
    const other = new RedisSessionStore(client, { prefix: 'other' });
    const subject = aSubject();
    const record = aRecord(subject);
    await other.create(operation(), record, await other.fence(subject), NOW);
    const fence = await other.fence(subject);
    const own = await login();
    await store.revokeEveryone('everyone');
    expect(await store.find([own.id])).toEqual([undefined]);
    expect(await other.find([record.id])).toEqual([record]);
    expect(await other.fence(subject)).toBe(fence);
  });

  it.each([
    ['each of a thousand sessions', 1_000],
    ['the slot of ten thousand sessions, in one message', 10_000],
  ])('tells of %s that ended with their user, and when by the server’s clock', async (_, count) => {
    const subscriber = await connected();
    const there = new RedisSessionStore(client, { prefix: 'own', deadline: 30_000, subscriber });
    const heard: Change[] = [];
    const subscription = await there.changes((change) => void heard.push(change));
    const subject = aSubject();
    const fence = await store.fence(subject);
    const ids = Array.from({ length: count }, () => aRecord(subject));
    await Promise.all(ids.map((record, at) => store.create(`told-${count}-${at}`, record, fence, NOW)));
    const before = await store.time();
    await store.revokeAll(operation(), subject, 'logout_all', NOW);
    await store.revokeEveryone('everyone');
    while (!heard.some(({ type }) => type === 'everyone')) await new Promise(setImmediate);
    const told = heard
      .slice(0, -1)
      .map((change) => (change.type === 'changed' ? change.id : change.type === 'slot_changed' && change.slot));
    expect(new Set(told)).toEqual(new Set(count > 1_000 ? [subject.slot] : ids.map(({ id }) => id)));
    expect(told).toHaveLength(count > 1_000 ? 1 : count);
    const [first] = heard;
    expect(first?.type !== 'gap' && first?.at).toBeGreaterThanOrEqual(before);
    expect(first?.type !== 'gap' && first?.at).toBeLessThanOrEqual(await store.time());
    await subscription.close();
    subscriber.destroy();
  });

  it('tells only its own changes, and a gap before, where nobody gave it a connection that listens', async () => {
    const heard: Change[] = [];
    const other = new RedisSessionStore(client, { prefix: 'own', deadline: 30_000 });
    await store.changes((change) => void heard.push(change));
    const [mine, foreign] = [await login(), await login()];
    await other.revoke(operation(), foreign.id, 'logout', NOW);
    await store.revoke(operation(), mine.id, 'logout', NOW);
    expect(heard).toEqual([{ type: 'gap' }, { type: 'changed', id: mine.id }]);
  });

  it('takes a message that it did not write for a gap', async () => {
    const subscriber = await connected();
    const heard: Change[] = [];
    const there = new RedisSessionStore(client, { prefix: 'own', subscriber });
    const subscription = await there.changes((change) => void heard.push(change));
    await client.publish('own:changes', 'nonsense');
    while (heard.length === 0) await new Promise(setImmediate);
    expect(heard).toEqual([{ type: 'gap' }]);
    await subscription.close();
    subscriber.destroy();
  });

  it('ends sessions although the feed may not be told of it', async () => {
    const record = await login();
    await client.sendCommand(['ACL', 'SETUSER', 'untold', 'on', 'nopass', '~*', '+@all', 'resetchannels']);
    const untold = await createClient({ url: process.env.REDIS_URL ?? '', username: 'untold', password: 'any' }).connect();
    const there = new RedisSessionStore(untold, { prefix: 'own', deadline: 30_000 });
    expect(await there.revoke(operation(), record.id, 'logout', NOW)).toMatchObject({ id: record.id });
    expect(await store.find([record.id])).toEqual([undefined]);
    untold.destroy();
    await client.sendCommand(['ACL', 'DELUSER', 'untold']);
  });

  it('refuses a subscriber whose losses would go unnoticed', () => {
    const subscriber = { subscribe: async () => undefined, unsubscribe: async () => undefined, on: () => undefined };
    const [asSentinel, asCluster] = [
      { ...subscriber, getSentinelNode: () => undefined },
      { ...subscriber, masters: [] },
    ];
    for (const unfit of [asSentinel, asCluster]) {
      expect(() => new RedisSessionStore(client, { subscriber: unfit })).toThrow(InvalidOptionsError);
    }
  });

  it('refuses a prefix that could be read as a hash tag or a pattern', () => {
    for (const prefix of ['', '{a}', 'a*', 'a?', 'a[b]', 'a b']) {
      expect(() => new RedisSessionStore(client, { prefix })).toThrow(InvalidOptionsError);
    }
  });

  it('refuses a deadline that is none', () => {
    for (const deadline of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new RedisSessionStore(client, { deadline })).toThrow(InvalidOptionsError);
    }
  });
});
