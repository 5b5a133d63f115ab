// One instance of an application that uses the library, in a process of its own, which can be told to crash. Started by instance-process.ts.
import { arm, disarm } from './crash-point.mjs';
import 'reflect-metadata';
import { once } from 'node:events';
import { NestFactory } from '@nestjs/core';
import { SessionModule, SessionService } from 'nestjs-hybrid-session';
import { journalEntities, sessionEntities, TypeOrmJournal, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { SqlAccounts } from './sql-accounts.mjs';

/** Milliseconds: a slow machine is no outage. */
const DEADLINE = 30_000;

const [setup] = await once(process, 'message');
const database = new DataSource({
  type: 'postgres',
  url: setup.database,
  applicationName: setup.name,
  entities: [...sessionEntities, ...journalEntities],
});
await database.initialize();

const module = SessionModule.forRoot({
  publicUrl: 'http://localhost',
  keys: setup.keys,
  signingKeys: setup.signingKeys,
  store: setup.redis ? await journaledStore() : new TypeOrmSessionStore(database, { deadline: DEADLINE }),
  accounts: new SqlAccounts(database),
  limit: 'unlimited',
  lifetimes: { refreshWindow: 0 }, // a predecessor is dead as soon as its successor is used: what forgives least
  loginLimits: 'off',
  storeLimits: { deadline: DEADLINE },
});
const adapter = setup.adapter === 'fastify' ? await fastify() : await express();
const app = await NestFactory.create(module, adapter, { logger: false, abortOnError: false });
await app.listen(0, '127.0.0.1');

process.on('message', ({ ask, point }) => {
  if (ask === 'arm') arm(point);
  process.send({ did: ask, steps: ask === 'disarm' ? disarm() : undefined, lag: app.get(SessionService).relayLag()?.max });
});
process.on('disconnect', () => process.exit());
process.send({ did: 'start', url: await app.getUrl() });

// What this instance does not need is not loaded: it will not live for long.

async function fastify() {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return new FastifyAdapter();
}

async function express() {
  const { ExpressAdapter } = await import('@nestjs/platform-express');
  return new ExpressAdapter();
}

async function journaledStore() {
  const [{ createClient }, { JournaledRedisSessionStore }] = await Promise.all([
    import('redis'),
    import('nestjs-hybrid-session/redis'),
  ]);
  const client = await createClient({ url: setup.redis }).connect();
  const journal = new TypeOrmJournal(database, { deadline: DEADLINE });
  const prefix = setup.name.split('-')[0];
  const store = new JournaledRedisSessionStore(client, journal, {
    prefix,
    deadline: DEADLINE,
    relayInterval: setup.relayInterval,
  });
  if (setup.relayInterval === undefined) withoutRelay(store);
  return store;
}

/** What a relay does by itself must not be counted among the steps of a request. */
function withoutRelay(store) {
  const relayOf = store.relay.bind(store);
  store.relay = (listener) => Object.assign(relayOf(listener), { start: () => undefined });
}
