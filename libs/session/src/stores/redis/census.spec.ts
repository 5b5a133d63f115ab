import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { RedisServer } from '../../../../../test/support/redis-server.mjs';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { countSessions } from './census.js';
import { RedisKeys } from './redis-keys.js';
import { RedisLink } from './redis-link.js';
import { RedisSessionStore } from './redis-session.store.js';

const SESSIONS = 2_000;

describe('the census of a Redis', () => {
  let server: RedisServer;
  let client: ReturnType<typeof createClient>;
  let keys: RedisKeys;
  let link: RedisLink;
  const now = Date.now();

  beforeAll(async () => {
    server = await RedisServer.start();
    client = createClient({ url: server.url });
    await client.connect();
    keys = new RedisKeys('nhs');
    link = new RedisLink(client, 30_000);
    const store = new RedisSessionStore(client);
    const login = async (at: number) => {
      const subject = aSubject();
      const record = aRecord({
        ...subject,
        channel: at % 4 === 0 ? 'api' : 'browser',
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + 1e9,
      });
      await store.create(randomUUID(), record, await store.fence(subject), now);
    };
    // Not all at once: each has a deadline, and the last of two thousand waits for all others.
    for (let from = 0; from < SESSIONS; from += 50) await Promise.all(Array.from({ length: 50 }, (_, at) => login(from + at)));
    await client.set('somebody-elses:{x}:s:key', 'no session');
    await client.set('nhs:{abcd}:s:spoilt', '[not a record');
  }, 60_000);
  afterAll(async () => {
    await client?.close();
    await server?.discard();
  });

  it('is exact as long as it looks at all keys', async () => {
    expect(await countSessions(link, keys, now)).toEqual({ browser: 1_500, api: 500, support: 0, visitor: 0 });
    expect(await countSessions(link, keys, now + 2e9)).toEqual({ browser: 0, api: 0, support: 0, visitor: 0 });
  });

  it('is near the truth when it looks at a sample, and of this prefix alone', async () => {
    const { browser, api } = await countSessions(link, keys, now, 2_000);
    expect(browser).not.toBe(1_500); // a sample it was
    expect(Math.abs(browser - 1_500)).toBeLessThan(500);
    expect(Math.abs(api - 500)).toBeLessThan(300);
    expect(await countSessions(link, new RedisKeys('other'), now)).toEqual({ browser: 0, api: 0, support: 0, visitor: 0 });
  });
});
