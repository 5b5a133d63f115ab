import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { CoreUnderTest } from '../../spec/core-under-test.js';
import { days, minutes } from './options/durations.js';

const newKey = () => randomBytes(32).toString('base64url');

describe('a session that is inspected', () => {
  it('is shown as the store has it, without anything that opens it or is sealed', async () => {
    const app = await CoreUnderTest.start();
    const { session, refreshToken } = await app.api({ clientId: 'mobile' });
    await app.refresh(refreshToken, { clientId: 'mobile' });
    expect(await app.inspector.inspect(session.id)).toEqual({
      state: 'live',
      record: {
        userId: 'user-1',
        channel: 'api',
        clientId: 'mobile',
        createdAt: session.createdAt,
        authenticatedAt: session.createdAt,
        lastSeenAt: session.createdAt,
        expiresAt: session.createdAt + days(30),
        endsAt: session.createdAt + days(14),
        generation: 1,
        minGeneration: 0,
        key: 'current',
      },
    });
  });

  it('is told to have ended, and why, or to be unknown', async () => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    await app.sessions.revoke(session.id, 'administrator');
    expect(await app.inspector.inspect(session.id)).toEqual({ state: 'ended', reason: 'administrator' });
    expect(await app.inspector.inspect(`${session.id.slice(0, 5)}${'A'.repeat(22)}`)).toEqual({ state: 'unknown' });
  });

  it.each([
    ['idle', minutes(30)],
    ['absolute', days(1)],
  ] as const)('is told to have expired by its %s limit', async (limit, later) => {
    const app = await CoreUnderTest.start();
    const { session } = await app.browser();
    app.clock.forward(later);
    expect(await app.inspector.inspect(session.id)).toMatchObject({ state: 'expired', limit });
  });

  it('is told to have been tampered with, or to have lost its key', async () => {
    const [oldKey, nextKey] = [newKey(), newKey()];
    const app = await CoreUnderTest.start({ keys: [oldKey] });
    const { session } = await app.browser();
    app.store.intrude = (record) => record && { ...record, acr: 'aal3' };
    expect(await app.inspector.inspect(session.id)).toMatchObject({ state: 'tampered', record: { userId: 'user-1' } });
    app.store.intrude = (record) => record;
    const turned = await app.beside({ keys: [nextKey, oldKey] });
    expect(await turned.inspector.inspect(session.id)).toMatchObject({ state: 'live', record: { key: 'older' } });
    const without = await app.beside({ keys: [nextKey] });
    expect(await without.inspector.inspect(session.id)).toMatchObject({ state: 'key_gone', record: { key: 'gone' } });
  });

  it.each(['', 'x', '../users', `0000.${'A'.repeat(23)}`, `0000.${'A'.repeat(21)}B`])(
    'is none by the name of "%s"',
    async (id) => {
      const app = await CoreUnderTest.start();
      app.store.calls.length = 0;
      expect(await app.inspector.inspect(id)).toBeUndefined();
      expect(app.store.calls).toEqual([]);
    },
  );
});
