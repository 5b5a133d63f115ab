import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest, CURL, FIREFOX } from '../../../spec/core-under-test.js';
import {
  DataTooLargeError,
  InvalidGrantError,
  InvalidOptionsError,
  InvalidSessionError,
  InvalidTokenError,
  NotAuthenticatedError,
  StoreUnavailableError,
  TooManyAttemptsError,
} from '../errors.js';
import { days, hours, minutes } from '../options/durations.js';
import { Counters } from '../ports/counters.js';
import { MemoryCounters } from '../../stores/memory/memory.counters.js';
import { anonymousRulesOf } from './anonymous-limits.js';
import { AnonymousThrottle } from './anonymous-throttle.js';

const CART = { cart: ['tea', 'a canary of this spec'] };

async function shop(anonymous: object = {}) {
  const app = await CoreUnderTest.start({ anonymous });
  return { app, visitors: app.sessions.anonymous };
}

describe('the session of a visitor', () => {
  it('is not to be had unless the host wants it, and costs no look at the store', async () => {
    const app = await CoreUnderTest.start();
    const { cookie } = await (await shop()).visitors.begin(CART, FIREFOX);
    await expect(app.sessions.anonymous.begin(CART, FIREFOX)).rejects.toThrow(NotAuthenticatedError);
    expect(await app.sessions.anonymous.find(cookie)).toBeUndefined();
    expect(app.store.calls).toEqual([]);
  });

  it('keeps data, sealed, and is found by its cookie on every instance', async () => {
    const { app, visitors } = await shop();
    const { session, cookie } = await visitors.begin(CART, FIREFOX);
    const other = await app.beside();
    for (const instance of [app, other]) {
      expect(await instance.sessions.anonymous.find(cookie)).toMatchObject({ id: session.id, data: CART });
    }
    expect(JSON.stringify(await app.store.stored(session.id))).not.toMatch(/tea|canary|cart/);
    expect(JSON.stringify(session)).not.toMatch(/salt|sealed/);
    expect(app.eventsOf('anonymous.opened', 'session.opened', 'login.new_device')).toEqual([
      { type: 'anonymous.opened', at: app.clock.now(), sessionId: session.id, address: FIREFOX.address },
    ]);
  });

  it('is nobody’s: no door of a user takes its cookie, or its secret under another name', async () => {
    const { app, visitors } = await shop();
    const { cookie } = await visitors.begin(CART, FIREFOX);
    for (const text of [cookie, cookie.replace('nhs_v_', 'nhs_c_')]) {
      await expect(app.cookie(text)).rejects.toThrow(InvalidSessionError);
      await expect(app.token(text)).rejects.toThrow(InvalidTokenError);
    }
    for (const text of [cookie, cookie.replace('nhs_v_', 'nhs_r_')]) {
      await expect(app.refresh(text)).rejects.toThrow(InvalidGrantError);
      expect(await app.tokens.introspect(text)).toEqual({ active: false });
    }
  });

  it('is no user’s either: a cookie of a user is no visitor’s', async () => {
    const { app, visitors } = await shop();
    const { cookie } = await app.browser();
    for (const text of [cookie, cookie.replace('nhs_c_', 'nhs_v_')]) expect(await visitors.find(text)).toBeUndefined();
  });

  it.each(['', 'x', '*', '__proto__', '\u0000', 'nhs_v_', 'a'.repeat(10_240)])(
    'is not found by %j, without a look',
    async (text) => {
      const { app, visitors } = await shop();
      expect(await visitors.find(text)).toBeUndefined();
      expect(app.store.calls).toEqual([]);
    },
  );

  it('is not what an intruder makes of it: another’s data, or a user’s session (P6)', async () => {
    const { app, visitors } = await shop();
    const [mine, theirs] = [await visitors.begin(CART, FIREFOX), await visitors.begin({ cart: ['gold'] }, FIREFOX)];
    const user = await app.browser();
    const swaps = [await app.store.stored(theirs.session.id), await app.store.stored(user.session.id)];
    for (const swap of swaps) {
      app.store.intrude = (record, id) => swap && { ...swap, id };
      expect(await visitors.find(mine.cookie)).toBeUndefined();
    }
    const { sealed, salt } = (await app.store.stored(theirs.session.id)) ?? {};
    app.store.intrude = (record) => record && { ...record, sealed: sealed ?? '', salt: salt ?? '' };
    expect(await visitors.find(mine.cookie)).toBeUndefined();
    app.store.intrude = (record) => record && { ...record, channel: 'browser', userId: 'user-1', acr: 'aal1' };
    await expect(app.cookie(mine.cookie.replace('nhs_v_', 'nhs_c_'))).rejects.toThrow(InvalidSessionError);
  });

  it('has a lifetime of its own, idle and absolute', async () => {
    const { app, visitors } = await shop();
    const { session, cookie } = await visitors.begin(CART, FIREFOX);
    expect([session.endsAt - session.createdAt, session.expiresAt - session.createdAt]).toEqual([hours(4), days(1)]);
    for (let hour = 3; hour < 24; hour += 3) {
      app.clock.moveTo(session.createdAt + hours(hour));
      expect(await visitors.find(cookie)).toMatchObject({ data: CART });
      await app.sessions.settled();
    }
    app.clock.moveTo(session.expiresAt - 1);
    expect(await visitors.find(cookie)).toBeDefined();
    app.clock.moveTo(session.expiresAt);
    expect(await visitors.find(cookie)).toBeUndefined();
    const idle = await visitors.begin(CART, FIREFOX);
    app.clock.moveTo(idle.session.endsAt);
    expect(await visitors.find(idle.cookie)).toBeUndefined();
  });

  it('counts in no limit of users', async () => {
    const app = await CoreUnderTest.start({ anonymous: {}, limit: { max: 1, policy: 'evict' } });
    const user = await app.browser();
    const carts = [await app.sessions.anonymous.begin(CART, FIREFOX), await app.sessions.anonymous.begin(CART, FIREFOX)];
    expect(await app.cookie(user.cookie)).toBeDefined();
    await app.browser();
    for (const { cookie } of carts) expect(await app.sessions.anonymous.find(cookie)).toBeDefined();
  });
});

describe('what a visitor stores', () => {
  it('is changed where it is, and never brings back what has ended (P3)', async () => {
    const { app, visitors } = await shop();
    const { session, cookie } = await visitors.begin(CART, FIREFOX);
    app.store.race('write', () => visitors.write(session, (data) => ({ ...data, note: 'first' })));
    expect(await visitors.write(session, (data) => ({ ...data, page: 2 }))).toEqual({ ...CART, note: 'first', page: 2 });
    app.store.race('write', () => visitors.end(session));
    await expect(visitors.write(session, () => ({}))).rejects.toThrow(InvalidSessionError);
    expect(await visitors.find(cookie)).toBeUndefined();
    expect(app.ended('replaced')).toEqual([session.id]);
    expect(await visitors.end(session)).toBe(false);
  });

  it('may not exceed 4 KiB: what does begins no session and uses up no limit', async () => {
    const { app, visitors } = await shop({ limits: { address: 1 } });
    const large = { text: 'x'.repeat(4_096) };
    await expect(visitors.begin(large, FIREFOX)).rejects.toThrow(DataTooLargeError);
    expect(app.store.calls).toEqual([]);
    const { session } = await visitors.begin(CART, FIREFOX);
    await expect(visitors.write(session, () => large)).rejects.toThrow(DataTooLargeError);
  });

  it('is carried over to nowhere unless the host says what', async () => {
    const { session } = await (await shop()).visitors.begin({ ...CART, admin: true }, FIREFOX);
    expect((await shop()).visitors.carriedOver(session)).toEqual({});
    const chosen = await shop({ carryOver: ({ cart }: { cart: string[] }) => ({ cart }) });
    expect(chosen.visitors.carriedOver(session)).toEqual(CART);
  });

  it('says 503 when the store is away, for a cookie that may be good', async () => {
    const { app, visitors } = await shop();
    const { cookie } = await visitors.begin(CART, FIREFOX);
    app.store.isAway = true;
    await expect(visitors.find(cookie)).rejects.toThrow(StoreUnavailableError);
    await expect(visitors.begin(CART, FIREFOX)).rejects.toThrow(StoreUnavailableError);
  });
});

describe('a flood of visitors', () => {
  const from = (address: string) => ({ ...CURL, address });

  it('is stopped at the limit of its address, also when it comes at once; others go on, and so do those who have begun', async () => {
    const { app, visitors } = await shop({ limits: { address: 5 } });
    const flood = await Promise.allSettled(Array.from({ length: 50 }, () => visitors.begin(CART, from('192.0.2.7'))));
    const begun = flood.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const reasons = flood.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(begun).toHaveLength(5);
    expect(reasons).toHaveLength(45);
    for (const reason of reasons) expect(reason).toBeInstanceOf(TooManyAttemptsError);
    expect(app.store.count('create')).toBe(5);
    expect(app.eventsOf('anonymous.throttled')).toHaveLength(45);
    expect(app.eventsOf('anonymous.throttled')[0]).toMatchObject({ address: '192.0.2.7', limit: 'address' });
    for (const { session } of begun) expect(await visitors.write(session, (data) => data)).toEqual(CART);
    await expect(visitors.begin(CART, from('192.0.2.8'))).resolves.toBeDefined();
    await expect(app.browser({ client: from('192.0.2.7') })).resolves.toBeDefined();
  });

  it('is one whichever address of a subscriber it uses, and is stopped at the limit of its block', async () => {
    const { visitors } = await shop({ limits: { address: 1, block: 3 } });
    await visitors.begin(CART, from('2001:db8:1:1::1'));
    await expect(visitors.begin(CART, from('2001:db8:1:1:ffff::2'))).rejects.toThrow(TooManyAttemptsError);
    await visitors.begin(CART, from('2001:db8:1:2::1'));
    await visitors.begin(CART, from('2001:db8:1:3::1'));
    await expect(visitors.begin(CART, from('2001:db8:1:4::1'))).rejects.toMatchObject({ limit: 'block' });
    await expect(visitors.begin(CART, from('2001:db8:2:1::1'))).resolves.toBeDefined();
  });

  it('reaches the counters by pseudonyms, and is told when to come again', async () => {
    const keys: string[] = [];
    class Watched extends MemoryCounters {
      override hit(...[rule, key]: Parameters<Counters['hit']>) {
        keys.push(`${rule.name} ${key}`);
        return super.hit(rule, key);
      }
    }
    const app = await CoreUnderTest.start();
    const throttle = new AnonymousThrottle(new Watched(), Buffer.alloc(32, 7), app.clock, () => undefined);
    const rules = anonymousRulesOf({ address: 1, block: 9, window: minutes(10) });
    await throttle.pass(rules, '192.0.2.7');
    const refused = await throttle.pass(rules, '192.0.2.7').catch((error: unknown) => error);
    expect(refused).toMatchObject({ limit: 'address', retryAfter: 600 });
    expect(keys).toHaveLength(3);
    expect(keys.join()).not.toContain('192');
  });

  it.each([{ address: 0 }, { block: 0.5 }, { window: 10 }])('must have sound limits: %j', async (limits) => {
    await expect(CoreUnderTest.start({ anonymous: { limits } })).rejects.toThrow(InvalidOptionsError);
  });
});
