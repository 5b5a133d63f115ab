import { beforeEach, describe, expect, it } from '@jest/globals';
import { CoreUnderTest, FIREFOX } from '../../../spec/core-under-test.js';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { sampleContent, sampleRecord } from '../../../spec/sample-record.js';
import { InvalidGrantError, InvalidSessionError, InvalidTokenError } from '../errors.js';
import { minutes } from '../options/durations.js';
import { RecordCopies, type Eviction } from './record-copies.js';

const WITHIN = { within: 500 };

describe('an instance that may answer within a bound', () => {
  let one: CoreUnderTest;
  let two: CoreUnderTest;
  let watch: HeldStopwatch;

  beforeEach(async () => {
    one = await CoreUnderTest.start();
    watch = new HeldStopwatch();
    two = await one.beside({}, watch);
  });

  const ask = (cookie: string) => two.sessions.authenticateCookie(cookie, FIREFOX, WITHIN);

  it('asks the store once, and then answers from its copy until the bound has passed', async () => {
    const { cookie } = await one.browser();
    await ask(cookie);
    const before = one.store.count('find');
    watch.forward(500);
    await ask(cookie);
    expect(one.store.count('find')).toBe(before);
    watch.forward(1);
    await ask(cookie);
    expect(one.store.count('find')).toBe(before + 1);
  });

  it('refuses a session that another instance ended, no later than the bound after its own read was sent', async () => {
    const { cookie, session } = await one.browser();
    await ask(cookie);
    await one.sessions.revoke(session.id);
    watch.forward(500);
    await expect(ask(cookie)).resolves.toBeDefined(); // within the bound it may
    watch.forward(1);
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('counts from when the read was sent, not from when its answer came', async () => {
    const { cookie, session } = await one.browser();
    one.store.race('find', async () => watch.forward(400)); // a slow answer
    await ask(cookie);
    await one.sessions.revoke(session.id);
    watch.forward(101);
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it.each([
    ['the monotonic clock has passed the bound, though the wall clock stood still', 501, 0],
    ['the wall clock has passed the bound, though the machine slept', 0, 501],
    ['the wall clock went back', 1, -1],
  ])('does not use a copy when %s', async (_, monotonic, wall) => {
    const { cookie, session } = await one.browser();
    await ask(cookie);
    await one.sessions.revoke(session.id);
    watch.monotonic += monotonic;
    watch.wall += wall;
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('knows at once what it ended or renewed itself', async () => {
    const { cookie, session } = await one.browser();
    await two.sessions.passwordChanged(await ask(cookie));
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
    const other = await one.browser();
    await ask(other.cookie);
    await two.sessions.revoke(other.session.id);
    await expect(ask(other.cookie)).rejects.toThrow(InvalidSessionError);
    const third = await one.browser();
    await ask(third.cookie);
    await two.sessions.revokeAll(session.userId);
    await expect(ask(third.cookie)).rejects.toThrow(InvalidSessionError);
    const fourth = await one.browser();
    await two.sessions.reauthenticate(await ask(fourth.cookie), await two.sessions.fence(session.userId));
    await expect(ask(fourth.cookie)).rejects.toThrow(InvalidSessionError);
    const fifth = await one.browser();
    await ask(fifth.cookie);
    await two.sessions.revokeEveryone();
    await expect(ask(fifth.cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('sees at once what it wrote itself: data, and rights', async () => {
    const { cookie } = await one.browser();
    await two.sessions.writeData(await ask(cookie), () => ({ step: 2 }));
    expect((await ask(cookie)).data).toEqual({ step: 2 });
    await two.sessions.setPrincipal('user-1', { username: 'alice', roles: [] });
    expect((await ask(cookie)).principal).toEqual({ username: 'alice', roles: [] });
  });

  it('does not let a session outlive its end, however fresh the copy is (P10)', async () => {
    const { cookie, session } = await one.browser();
    await ask(cookie);
    two.clock.moveTo(session.endsAt);
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('reports a first use and a sight once, not with every answer from its copy', async () => {
    const { accessToken, session } = await one.api();
    two.clock.forward(minutes(2));
    for (let i = 0; i < 5; i += 1) {
      await two.sessions.authenticateToken(accessToken, FIREFOX, WITHIN);
      await two.sessions.settled();
    }
    expect([one.store.count('find'), one.store.count('used'), one.store.count('touch')]).toEqual([1, 1, 1]);
    expect(await one.store.stored(session.id)).toMatchObject({ usedAt: two.clock.now(), lastSeenAt: two.clock.now() });
  });

  it('knows at once of a theft that it found itself', async () => {
    const first = await two.api();
    const second = await two.refresh(first.refreshToken);
    await two.sessions.authenticateToken(second.accessToken, FIREFOX, WITHIN);
    await two.sessions.settled();
    two.clock.forward(minutes(1));
    await expect(two.refresh(first.refreshToken)).rejects.toThrow(InvalidGrantError);
    await expect(two.sessions.authenticateToken(second.accessToken, FIREFOX, WITHIN)).rejects.toThrow(InvalidTokenError);
  });

  it('keeps no answer of a read that was under way when it ended the session', async () => {
    const { cookie, session } = await one.browser();
    let ended: Promise<boolean> | undefined;
    one.store.intrude = (record) => {
      one.store.intrude = (later) => later;
      watch.forward(1);
      ended = two.sessions.revoke(session.id); // its read has been answered by now, but not yet received
      return record;
    };
    await ask(cookie);
    await ended;
    await expect(ask(cookie)).rejects.toThrow(InvalidSessionError);
  });

  it('never refuses by its copy: what the copy would refuse is asked of the store', async () => {
    const { cookie } = await one.browser();
    const held = await ask(cookie);
    const { credentials } = await one.sessions.reauthenticate(held, await one.sessions.fence(held.userId));
    if (credentials.channel !== 'browser') throw new Error('a browser session was renewed');
    await expect(ask(credentials.cookie)).resolves.toBeDefined();
    two.clock.forward(minutes(29));
    await one.cookie(credentials.cookie);
    await one.sessions.settled();
    two.clock.forward(minutes(29)); // by the copy it would have been idle for too long
    await expect(ask(credentials.cookie)).resolves.toBeDefined();
  });

  it('reports the first use of a generation that its copy does not know yet', async () => {
    const first = await one.api();
    await two.sessions.authenticateToken(first.accessToken, FIREFOX, WITHIN);
    const second = await one.refresh(first.refreshToken);
    await two.sessions.authenticateToken(second.accessToken, FIREFOX, WITHIN);
    await two.sessions.settled();
    expect((await one.store.stored(first.session.id))?.usedAt).toBe(one.clock.now());
  });

  it('reports the first use of a generation also where that of the one before is acknowledged only now', async () => {
    const first = await one.api();
    let acknowledge: () => void = () => undefined;
    one.store.race('used', () => new Promise<void>((resolve) => (acknowledge = resolve)));
    await two.sessions.authenticateToken(first.accessToken, FIREFOX, WITHIN);
    const second = await one.refresh(first.refreshToken);
    watch.forward(1);
    await two.refresh(first.refreshToken); // its answer was lost: now there is a copy of the new generation, which nobody has used
    acknowledge();
    await two.sessions.settled();
    await two.sessions.authenticateToken(second.accessToken, FIREFOX, WITHIN);
    await two.sessions.settled();
    expect((await one.store.stored(first.session.id))?.usedAt).toBe(one.clock.now());
  });

  it('forgets nothing for a guess, which shows no session that is over', async () => {
    const { cookie } = await one.browser();
    await ask(cookie);
    const guess = cookie.slice(0, -43) + 'A'.repeat(43);
    await expect(ask(guess)).rejects.toThrow(InvalidSessionError);
    const before = one.store.count('find');
    await ask(cookie);
    expect(one.store.count('find')).toBe(before);
  });

  it('answers a strict request from the store, whatever copies it holds', async () => {
    const first = await one.api();
    await two.sessions.authenticateToken(first.accessToken, FIREFOX, WITHIN);
    await one.sessions.revoke(first.session.id);
    await expect(two.sessions.authenticateToken(first.accessToken, FIREFOX)).rejects.toThrow(InvalidTokenError);
  });
});

describe('a copy', () => {
  const opened = { record: sampleRecord(), content: sampleContent() };
  const { id } = opened.record;

  it('is as old as its read, also when it was corrected since', () => {
    const watch = new HeldStopwatch();
    const copies = new RecordCopies(watch);
    copies.keep(opened, watch.now());
    watch.forward(400);
    copies.amend(id, { lastSeenAt: 7 });
    expect(copies.get(id, 500)?.opened.record).toEqual({ ...opened.record, lastSeenAt: 7 });
    watch.forward(101);
    expect(copies.get(id, 500)).toBeUndefined();
    expect(copies.get(id, 501)).toBeDefined();
  });

  it('is not replaced by an older read, nor by one of the very moment in which it was evicted', () => {
    const watch = new HeldStopwatch();
    const copies = new RecordCopies(watch);
    const before = watch.now();
    watch.forward(1);
    copies.evict(id);
    copies.keep(opened, before);
    copies.keep(opened, watch.now());
    expect(copies.get(id, 500)).toBeUndefined();
    watch.forward(1);
    copies.keep(opened, watch.now());
    expect(copies.get(id, 500)?.opened).toBe(opened);
  });

  it('stays when an older read is answered later', () => {
    const watch = new HeldStopwatch();
    const copies = new RecordCopies(watch);
    const before = watch.now();
    watch.forward(1);
    copies.keep(opened, watch.now());
    copies.keep({ ...opened }, before);
    expect(copies.get(id, 500)?.opened).toBe(opened);
  });

  it('is one of twenty thousand at the most: then the one that was kept first is forgotten', () => {
    const watch = new HeldStopwatch();
    const copies = new RecordCopies(watch);
    const idOf = (at: number) => `0000.${at}`;
    for (let at = 0; at <= 20_000; at += 1) copies.keep({ ...opened, record: { ...opened.record, id: idOf(at) } }, watch.now());
    expect([0, 1, 20_000].map((at) => copies.has(idOf(at)))).toEqual([false, true, true]);
  });

  it('that is forgotten is told of, for what outlives its request: one, those of a slot, or all', () => {
    const told: Eviction[] = [];
    const copies = new RecordCopies(new HeldStopwatch(), (eviction) => void told.push(eviction));
    copies.evict(id);
    copies.evictSlot('0000');
    copies.clear();
    expect(told).toEqual([{ id }, { slot: '0000' }, {}]);
  });

  it('of any session of a slot is forgotten with the slot, and what was read before is not kept', () => {
    const watch = new HeldStopwatch();
    const copies = new RecordCopies(watch);
    const foreign = { ...opened, record: { ...opened.record, id: `0000${id.slice(4)}` } };
    copies.keep(opened, watch.now());
    copies.keep(foreign, watch.now());
    const before = watch.now();
    watch.forward(1);
    copies.evictSlot(id.slice(0, 4));
    copies.keep(opened, before);
    expect([copies.has(id), copies.has(foreign.record.id)]).toEqual([false, true]);
    watch.forward(1);
    copies.keep(opened, watch.now());
    expect(copies.has(id)).toBe(true);
  });

  it.each([
    ['by itself among a thousand', 999, true],
    ['with its slot when they are more', 1_000, false],
  ])('is forgotten %s', (_, others, keepsOthers) => {
    const watch = new HeldStopwatch();
    const copies = new RecordCopies(watch);
    const beside = { ...opened, record: { ...opened.record, id: `${id.slice(0, 4)}.another` } };
    copies.keep(opened, watch.now());
    copies.keep(beside, watch.now());
    copies.evictEach([id, ...Array.from({ length: others }, (_unused, at) => `${id.slice(0, 4)}.${at}`)]);
    expect([copies.has(id), copies.has(beside.record.id)]).toEqual([false, keepsOthers]);
  });

  it('that was evicted is not brought back by a correction', () => {
    const watch = new HeldStopwatch();
    const copies = new RecordCopies(watch);
    copies.keep(opened, watch.now());
    copies.evict(id);
    copies.amend(id, { lastSeenAt: 7 });
    expect(copies.get(id, 500)).toBeUndefined();
  });
});
