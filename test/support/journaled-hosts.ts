import { randomBytes } from 'node:crypto';
import type { EndSessions } from 'nestjs-hybrid-session';
import { JournaledRedisSessionStore } from 'nestjs-hybrid-session/redis';
import { journalEntities, journalMigrations, TypeOrmJournal } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';
import { TestAccounts } from './accounts.js';
import { type AdapterName, type HostApp, signingKey, startHostApp } from './host-app.js';
import { openSchema, type OwnSchema } from './own-schema.js';

/** Users who change their password in a transaction of the database that the journal lies in. */
class TransactionalAccounts extends TestAccounts {
  constructor(private readonly database: DataSource) {
    super();
  }

  override changePassword(userId: string, password: string, version: string, endSessions?: EndSessions): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      await endSessions?.(manager);
      return super.changePassword(userId, password, version);
    });
  }
}

/** Instances of one application: sessions in Redis, their journal in PostgreSQL, each with connections of its own to both. */
export class JournaledHosts {
  readonly hosts: HostApp[] = [];
  private readonly opened: (() => Promise<unknown> | void)[] = [];

  private constructor(
    private readonly schema: OwnSchema,
    private readonly redisUrl: string,
    private readonly keys: { readonly keys: readonly string[]; readonly signingKeys: Awaited<ReturnType<typeof signingKey>>[] },
  ) {}

  static async open(redisUrl: string): Promise<JournaledHosts> {
    const keys = { keys: [randomBytes(32).toString('base64url')], signingKeys: [await signingKey()] };
    return new JournaledHosts(await openSchema(), redisUrl, keys);
  }

  /** Starts one more instance. */
  async start(adapter: AdapterName): Promise<HostApp> {
    const client = createClient({
      url: this.redisUrl,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: 20 },
    });
    client.on('error', () => undefined); // shows in the answers
    await client.connect();
    const database = new DataSource({
      type: 'postgres',
      url: this.schema.url,
      entities: journalEntities,
      migrations: journalMigrations,
      poolSize: 4,
    });
    await database.initialize();
    if (this.hosts.length === 0) await database.runMigrations();
    const store = new JournaledRedisSessionStore(client, new TypeOrmJournal(database, { deadline: 10_000 }), {
      deadline: 10_000,
      relayInterval: 100,
    });
    const [first] = this.hosts;
    const host = await startHostApp({
      adapter,
      store,
      accounts: first?.accounts ?? new TransactionalAccounts(database),
      productionClock: true,
      options: { ...this.keys, limit: 'unlimited' },
    });
    this.hosts.push(host);
    this.opened.unshift(
      () => host.close(),
      () => client.destroy(),
      () => database.destroy(),
    );
    return host;
  }

  async close(): Promise<void> {
    for (const close of this.opened) await close();
    await this.schema.close();
  }
}
