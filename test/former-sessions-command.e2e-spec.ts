import { createHash, createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExpressSessions } from 'nestjs-hybrid-session/express-session';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { ENGINES } from '../src/database/testing/engines.js';
import { send } from './support/clients.js';
import { inDatabase, nestjsHybridSession } from './support/command-line.js';
import { PUBLIC_URL, startHostApp } from './support/host-app.js';

const SECRET = 'keyboard cat';
const redisUrl = process.env['REDIS_URL'] ?? '';

/** The cookie of a session of express-session. */
function cookieOf(id: string): string {
  const signature = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '');
  return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
}

describe('nestjs-hybrid-session sessions revoke-all, with sessions of express-session', () => {
  const redis = createClient({ url: redisUrl });
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const key = randomBytes(32).toString('base64url');
  beforeAll(async () => void (await redis.connect()));
  afterAll(async () => {
    const notes = ['ada', 'joan'].map((name) => createHash('sha256').update(`${name}-${prefix}`).digest('base64url'));
    await redis.unlink([...(await redis.keys(`*${prefix}*`)), ...notes.map((note) => `nhs-former:ended:${note}`)]);
    await redis.close();
  });

  const formerSessions = new ExpressSessions(redis, {
    secrets: [SECRET],
    prefix: `${prefix}-sess:`,
    userOf: ({ user }) => (typeof user === 'string' ? user : undefined),
    principalOf: async (userId) => ({ username: userId, roles: [] }),
  });
  const formerLogin = async (user: string) => {
    const id = randomBytes(12).toString('hex');
    await redis.set(`${prefix}-sess:${id}`, JSON.stringify({ cookie: {}, user }));
    return cookieOf(id);
  };
  const revokeAll = (user: string, words: readonly string[], environment: Readonly<Record<string, string>>) =>
    nestjsHybridSession(['sessions', 'revoke-all', user, ...words], { SESSION_KEYS: key, PUBLIC_URL, ...environment });

  it('ends those that lie in the Redis of our own', async () => {
    const [user, other] = [`ada-${prefix}`, `grace-${prefix}`];
    const store = new RedisSessionStore(redis, { prefix });
    const host = await startHostApp({
      adapter: 'express',
      store,
      productionClock: true,
      options: { keys: [key], formerSessions },
    });
    const ask = async (cookie: string) => (await send(host.url, 'GET', '/me', { headers: { Cookie: cookie } })).status;
    const [first, second, stranger] = [await formerLogin(user), await formerLogin(user), await formerLogin(other)];
    expect(await ask(first)).toBe(200);
    const { code, text } = await revokeAll(user, ['--prefix', prefix], { REDIS_URL: redisUrl });
    expect([code, text]).toEqual([0, expect.stringContaining('Ended: 1.')]);
    expect(text).toContain('No session of express-session in the Redis of REDIS_URL is exchanged');
    expect([await ask(first), await ask(second), await ask(stranger)]).toEqual([401, 401, 200]);
    await host.close();
  });

  it('ends those that lie beside our own in a database, and says it where it was told of no Redis', async () => {
    const user = `joan-${prefix}`;
    const database = await (ENGINES[0] ?? missing()).open();
    const { words, environment } = inDatabase(database);
    const store = new TypeOrmSessionStore(database.dataSource);
    const host = await startHostApp({
      adapter: 'express',
      store,
      productionClock: true,
      options: { keys: [key], formerSessions },
    });
    const cookie = await formerLogin(user);
    const unaware = await revokeAll(user, words, environment);
    expect([unaware.code, unaware.text]).toEqual([0, expect.stringContaining('NOT ended: sessions of express-session')]);
    const told = await revokeAll(user, words, { ...environment, FORMER_REDIS_URL: redisUrl });
    expect([told.code, told.text]).toEqual([0, expect.stringContaining('in the Redis of FORMER_REDIS_URL')]);
    expect((await send(host.url, 'GET', '/me', { headers: { Cookie: cookie } })).status).toBe(401);
    const away = await revokeAll(user, words, { ...environment, FORMER_REDIS_URL: 'redis://127.0.0.1:1' });
    expect([away.code, away.text]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
    await host.close();
    await database.close();
  });
});

function missing(): never {
  throw new Error('There is no database.');
}
