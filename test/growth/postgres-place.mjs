import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { sessionEntities, sessionMigrations, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { PostgresServer } from '../support/postgres-server.mjs';
import { PATIENCE } from './application.mjs';
import { unlessGone } from './cpu-time.mjs';

const SETTINGS = {
  shared_buffers: '1GB', // the pages are in memory, as they should be
  autovacuum_naptime: '5s', // a day is played in a minute or two here
  full_page_writes: 'on', // as on every server that may lose its power
  checkpoint_timeout: '1h', // only when asked for: what the pages cost that are written whole after one is told by itself
  max_wal_size: '8GB',
};

const LIFETIMES = { nhs_operations: '1 min', nhs_fences: '15 min', nhs_tombstones: '1 h' };

const TABLE_SIZE = 'SELECT pg_table_size($1::regclass) AS bytes, pg_total_relation_size($1::regclass) AS total';
const INDEX_SIZES = `SELECT relname AS name, indisprimary AS is_primary, pg_relation_size(indexrelid) AS bytes
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = 'nhs_sessions'::regclass ORDER BY NOT indisprimary, relname`;
const UPDATES = "SELECT n_tup_upd AS updates, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relname = 'nhs_sessions'";

const COLUMNS = "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'nhs_sessions'";

/** 22 characters as an id ends in, which look random and depend on a text. */
const randomPart = (text) => `left(translate(encode(decode(md5(${text}), 'hex'), 'base64'), '+/', '-_'), 22)`;

/** Empty stores, each in a database of its own on one private server. */
export async function openPostgres() {
  const server = await PostgresServer.start({ settings: SETTINGS });
  let databases = 0;
  return {
    name: 'PostgreSQL',
    open: (options) => openPlace(server, `growth_${(databases += 1)}`, options),
    close: () => server.discard(),
  };
}

async function openPlace(server, database, { fillfactor } = {}) {
  const owner = await new DataSource({ type: 'postgres', url: server.url }).initialize();
  await owner.query(`CREATE DATABASE ${database}`);
  const url = Object.assign(new URL(server.url), { pathname: database }).href;
  const [entities, migrations] = [[...sessionEntities], [...sessionMigrations]];
  const extra = { idleTimeoutMillis: 0 }; // a connection that ends takes its CPU time along
  const dataSource = await new DataSource({ type: 'postgres', url, entities, migrations, extra }).initialize();
  await dataSource.runMigrations();
  if (fillfactor) await dataSource.query(`ALTER TABLE nhs_sessions SET (fillfactor = ${fillfactor})`);
  return {
    store: new TypeOrmSessionStore(dataSource, { deadline: PATIENCE }),
    processes: () => server.processes.filter((pid) => titleOf(pid).includes(` ${database} 127.0.0.1`)), // who serve us
    multiply,
    settle: async () => void (await dataSource.query('VACUUM ANALYZE')),
    bytes,
    shortLived,
    written,
    occupied: bytes,
    async checkpoint() {
      await owner.query('CHECKPOINT');
    },
    /** Whether whole pages in the log are compressed. */
    async compress(how) {
      await owner.query(`ALTER SYSTEM SET wal_compression = ${how}`);
      await owner.query('SELECT pg_reload_conf()');
      await reconnect();
    },
    updates,
    async close() {
      await dataSource.destroy();
      await owner.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await owner.destroy();
    },
  };

  /**
   * So many times as many sessions: each copied, under ids of its own, with which other users have as many sessions as theirs. They are of the same
   * size, and lie in the indexes where chance has it, as those of logins do. Nobody can use one: its seal is another's.
   */
  async function multiply(factor) {
    const kept = ({ name }) => !['id', 'user_id', 'sweep_at'].includes(name);
    const others = (await dataSource.query(COLUMNS))
      .filter(kept)
      .map(({ name }) => `"${name}"`)
      .join(', ');
    await dataSource.query(
      `INSERT INTO nhs_sessions (id, user_id, sweep_at, ${others})
       SELECT left(md5(owner), 4) || '.' || ${randomPart("id || '/' || nth")}, owner, sweep_at + row_number() OVER (), ${others}
       FROM (SELECT *, md5(user_id || '/' || nth)::uuid::text AS owner FROM nhs_sessions, generate_series(2, $1::int) AS nth) AS copies`,
      [factor],
    );
  }

  /** The table of sessions and its indexes. */
  async function bytes() {
    const [table] = await dataSource.query(TABLE_SIZE, ['nhs_sessions']);
    const indexes = await dataSource.query(INDEX_SIZES);
    const named = indexes.map(({ name, is_primary: isPrimary, bytes: size }) => [
      isPrimary ? 'index by id' : `index ${name.replace('nhs_sessions_', '').replaceAll('_', ' ')}`,
      Number(size),
    ]);
    return { table: Number(table.bytes), ...Object.fromEntries(named), 'all together': Number(table.total) };
  }

  /** Bytes of one row of each that passes, indexes included. */
  async function shortLived() {
    const found = [];
    for (const [name, lifetime] of Object.entries(LIFETIMES)) {
      await dataSource.query(`VACUUM FULL ${name}`);
      const [{ count }] = await dataSource.query(`SELECT count(*) AS count FROM ${name}`);
      const [{ total }] = await dataSource.query(TABLE_SIZE, [name]);
      if (Number(count) > 0) found.push({ name, bytes: Number(total) / Number(count), lifetime });
    }
    return found;
  }

  async function written() {
    const [{ bytes: position }] = await owner.query("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS bytes");
    return Number(position);
  }

  /** How many updates of sessions there were, and how many of them left the indexes alone, once that many have been told. */
  async function updates(expected) {
    await reconnect(); // a connection tells what it has counted when it ends
    for (;;) {
      const [row] = await dataSource.query(UPDATES);
      if (Number(row.updates) >= expected) return { all: Number(row.updates), hot: Number(row.hot) };
      await wait(20);
    }
  }

  async function reconnect() {
    await dataSource.destroy();
    await dataSource.initialize();
  }
}

/** What a process of PostgreSQL says of itself: whom it serves, and in which database. */
function titleOf(pid) {
  return unlessGone(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
}
