import { sessionEntities, sessionMigrations } from 'nestjs-hybrid-session/typeorm';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';
import { PostgresServer } from '../support/postgres-server.mjs';
import { RedisServer } from '../support/redis-server.mjs';

/** The private servers that cases share, each started when the first case needs it. */
export class Stores {
  /** @param {import('./cores.mjs').Cores} cores */
  constructor(cores) {
    this.cores = cores;
  }

  async open({ redis, sql }) {
    if (redis) {
      this.redis = await RedisServer.start();
      this.cores.pin(this.redis.processes, 'others');
      this.admin = await createClient({ url: this.redis.url }).connect();
    }
    if (sql) {
      this.postgres = await PostgresServer.start();
      this.cores.pin(this.postgres.processes, 'others');
      const [entities, migrations] = [[...sessionEntities], [...sessionMigrations]];
      const owner = await new DataSource({ type: 'postgres', url: this.postgres.url, entities, migrations }).initialize();
      await owner.runMigrations();
      await owner.destroy();
    }
    return this;
  }

  get urls() {
    return { redisUrl: this.redis?.url, databaseUrl: this.postgres?.url };
  }

  /** How often Redis has run each command, those of scripts included and the question itself left out. */
  async commands() {
    const counts = new Map();
    if (!this.admin) return counts;
    for (const [, name, calls] of (await this.admin.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
      if (name !== 'info') counts.set(name, Number(calls));
    }
    return counts;
  }

  /**
   * Acts, and answers what clients have sent to Redis meanwhile, by name: what scripts run is part of their script. Redis is slower
   * while it tells that, so nothing else is measured at the same time.
   */
  async sentDuring(act) {
    const monitor = await createClient({ url: this.redis.url }).connect();
    const sent = new Map();
    let last;
    const heard = new Promise((resolve) => (last = resolve));
    await monitor.monitor((line) => {
      const [, from = '', command = ''] = /^\S+ \[\d+ (\S+)\] "(\w+)"/.exec(line) ?? [];
      const name = command.toLowerCase();
      if (name === 'echo') last();
      else if (from !== 'lua') sent.set(name, (sent.get(name) ?? 0) + 1);
    });
    await act();
    await this.admin.echo('all of it');
    await heard;
    monitor.destroy();
    return sent;
  }

  async close() {
    this.admin?.destroy();
    await this.redis?.discard();
    await this.postgres?.discard();
  }
}
