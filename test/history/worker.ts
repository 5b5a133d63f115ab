import { once } from 'node:events';
import { MemorySessionStore, type SessionStore } from 'nestjs-hybrid-session';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { sessionEntities, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';
import { startHostApp } from '../support/host-app.js';
import { AskedAccounts } from './asked-accounts.js';
import { type PlantedFault, PLANTED_FAULTS } from './planted-faults.js';
import { RelayedStore } from './relayed-store.js';
import { type FromWorker, LIMIT, REFRESH_WINDOWS, type StoreUnderTest, type ToWorker } from './worker-setup.js';

// One process of an application: library, guards and controllers over HTTP, once for each refresh window. Started by worker-process.ts.

/** Milliseconds: a slow machine is no outage, and calls without an answer make a history hard to check. */
const DEADLINE = 30_000;

/** A store that begins to do something wrong when it is told to. */
class StoreWithFaults extends RelayedStore {
  constructor(private readonly sound: SessionStore) {
    super(sound);
  }

  plant(fault: PlantedFault | 'none'): void {
    this.store = fault === 'none' ? this.sound : new PLANTED_FAULTS[fault](this.sound);
  }
}

const [message] = (await once(process, 'message')) as [ToWorker];
if (!('setup' in message)) throw new Error('The first message must be the setup.');
const { setup, ports } = message;
const store = new StoreWithFaults(await open(setup.store));
const accounts = new AskedAccounts();
for (const predecessorDies of ['at-once', 'never'] as const) {
  await startHostApp({
    adapter: 'fastify',
    port: ports[predecessorDies],
    store,
    productionClock: true,
    options: {
      keys: setup.keys,
      signingKeys: setup.signingKeys,
      accounts,
      limit: { max: LIMIT, policy: 'refuse' },
      lifetimes: { refreshWindow: REFRESH_WINDOWS[predecessorDies] },
      onEvent: () => undefined,
    },
  });
}
process.on('message', (told: ToWorker) => {
  if (!('fault' in told)) return;
  store.plant(told.fault);
  tell('planted');
});
process.on('disconnect', () => process.exit());
tell('ready');

function tell(news: FromWorker): void {
  process.send?.(news);
}

async function open(where: StoreUnderTest): Promise<SessionStore> {
  if (where.engine === 'memory') return new MemorySessionStore();
  if (where.engine === 'sql') {
    const dataSource = new DataSource({ ...where.options, entities: [...sessionEntities] });
    return new TypeOrmSessionStore(await dataSource.initialize(), { deadline: DEADLINE });
  }
  const client = createClient({ url: where.url, socket: { reconnectStrategy: 20 } });
  client.on('error', () => undefined); // a lost connection shows in the calls
  await client.connect();
  return new RedisSessionStore(client, { deadline: DEADLINE });
}
