import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import { createClient } from 'redis';
import { MariadbServer } from './support/mariadb-server.mjs';
import { PostgresServer } from './support/postgres-server.mjs';
import type { PrivateServer } from './support/private-server.mjs';
import { RedisServer } from './support/redis-server.mjs';
import { isThere } from './support/services.mjs';

/** One connection to a server, as far as these tests need it. */
interface Connection {
  /** Keeps a word for good; answers when that is so. */
  readonly keep: (word: string) => Promise<unknown>;
  /** Writes a word in a transaction, and leaves that open. */
  readonly begin: (word: string) => Promise<unknown>;
  readonly words: () => Promise<readonly string[]>;
  readonly close: () => unknown;
}

const noise = () => {}; // a killed server is what these tests are about

async function toPostgres(url: string): Promise<Connection> {
  const client = new Client({ connectionString: url });
  client.on('error', noise);
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS words (word text)');
  const keep = (word: string) => client.query('INSERT INTO words VALUES ($1)', [word]);
  return {
    keep,
    begin: async (word) => {
      await client.query('BEGIN');
      await keep(word);
    },
    words: async () => (await client.query<{ word: string }>('SELECT word FROM words')).rows.map(({ word }) => word),
    close: () => client.end(),
  };
}

async function toMariadb(url: string): Promise<Connection> {
  const client = await createConnection(url);
  client.on('error', noise);
  await client.query('CREATE TABLE IF NOT EXISTS words (word text)');
  const keep = (word: string) => client.query('INSERT INTO words VALUES (?)', [word]);
  return {
    keep,
    begin: async (word) => {
      await client.query('BEGIN');
      await keep(word);
    },
    words: async () => (await client.query<RowDataPacket[]>('SELECT word FROM words'))[0].map(({ word }) => String(word)),
    close: () => client.end(),
  };
}

async function toRedis(url: string): Promise<Connection> {
  const client = createClient({ url, disableOfflineQueue: true });
  client.on('error', noise);
  await client.connect();
  return {
    keep: (word) => client.rPush('words', word),
    begin: async () => {}, // it has no transaction that could be left open
    words: () => client.lRange('words', 0, -1),
    close: () => client.destroy(),
  };
}

interface Kind {
  readonly name: string;
  readonly start: () => Promise<PrivateServer>;
  readonly connect: (url: string) => Promise<Connection>;
}

const KINDS: readonly Kind[] = [
  ...(isThere.REDIS_URL ? [{ name: 'Redis', start: () => RedisServer.start({ durable: true }), connect: toRedis }] : []),
  ...(isThere.DATABASE_URL ? [{ name: 'PostgreSQL', start: () => PostgresServer.start(), connect: toPostgres }] : []),
  ...(isThere.MARIADB_URL ? [{ name: 'MariaDB', start: () => MariadbServer.start(), connect: toMariadb }] : []),
];

describe.each(KINDS)('A private $name server', ({ start, connect }) => {
  let server: PrivateServer;

  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.discard());

  it('comes back from a kill with what it had answered as kept, and with nothing that was not', async () => {
    const [one, two] = [await connect(server.url), await connect(server.url)];
    for (let i = 0; i < 20; i++) await one.keep(`kept ${i}`);
    await two.begin('never committed');
    await server.kill();
    await expect(one.words()).rejects.toHaveProperty('message');
    await Promise.allSettled([one.close(), two.close()]);

    await server.start();
    const again = await connect(server.url);
    expect(await again.words()).toEqual(Array.from({ length: 20 }, (_, i) => `kept ${i}`));
    await again.close();
  });

  it('answers nobody while it hangs, and everybody once it is resumed', async () => {
    const one = await connect(server.url);
    server.hang();
    let answered = false;
    const asked = one.words().then(() => (answered = true));
    await Promise.race([asked, wait(100)]);
    expect(answered).toBe(false);
    server.resume();
    await asked;
    await one.close();
  });
});
