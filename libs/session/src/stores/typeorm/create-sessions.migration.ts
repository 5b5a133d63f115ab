import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';
import { dataSourceOf } from './data-source-of.js';
import { exactInnoDb } from './exact-inno-db.js';

type Column = readonly [name: string, type: string, more?: Partial<TableColumnOptions>];

const text = (name: string, length: number, more: Partial<TableColumnOptions> = {}): Column => [
  name,
  'varchar',
  { length: String(length), ...more },
];
const key = { isPrimary: true };
const optional = { isNullable: true };

const TABLES: Readonly<
  Record<string, { readonly columns: readonly Column[]; readonly indices: Readonly<Record<string, string[]>> }>
> = {
  nhs_sessions: {
    columns: [
      text('id', 64, key),
      text('user_id', 255),
      text('channel', 8),
      text('client_id', 255, optional),
      ['scope', 'text', optional],
      ['created_at', 'bigint'],
      ['authenticated_at', 'bigint'],
      ['idle_timeout', 'bigint'],
      ['expires_at', 'bigint'],
      text('amr', 255),
      text('acr', 255),
      ['remembered', 'smallint'],
      text('dpop_thumbprint', 64, optional),
      text('salt', 64),
      text('key_id', 255),
      ['generation', 'bigint'],
      ['used_at', 'bigint'],
      ['min_generation', 'bigint'],
      ['replays', 'smallint'],
      ['last_seen_at', 'bigint'],
      ['version', 'bigint'],
      ['sealed', 'text'],
      ['sweep_at', 'bigint'],
    ],
    indices: { nhs_sessions_of_user: ['user_id', 'channel'], nhs_sessions_to_sweep: ['sweep_at'] },
  },
  nhs_fences: {
    columns: [text('user_id', 255, key), text('value', 32), ['seen_at', 'bigint']],
    indices: { nhs_fences_to_sweep: ['seen_at'] },
  },
  nhs_tombstones: {
    columns: [text('id', 64, key), text('reason', 32), ['ended_at', 'bigint']],
    indices: { nhs_tombstones_to_sweep: ['ended_at'] },
  },
  nhs_operations: {
    columns: [text('id', 64, key), ['part', 'smallint', key], ['outcome', 'text'], ['done_at', 'bigint']],
    indices: { nhs_operations_to_sweep: ['done_at'] },
  },
  nhs_counts: {
    columns: [text('id', 64, key), ['hits', 'bigint'], ['began_at', 'bigint'], ['paused_until', 'bigint'], ['ends_at', 'bigint']],
    indices: { nhs_counts_to_sweep: ['ends_at'] },
  },
};

/** The first tables of the store and the counters, on PostgreSQL, MySQL, MariaDB and SQLite. */
export class CreateSessions1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const engine = await exactInnoDb(runner);
    for (const [name, { columns, indices }] of Object.entries(TABLES)) {
      await runner.createTable(
        new Table({
          name: nameOf(runner, name),
          columns: columns.map(([column, type, more]) => ({ name: column, type, ...more })),
          indices: Object.entries(indices).map(([index, columnNames]) => ({ name: index, columnNames })),
          ...engine,
        }),
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(TABLES).toReversed()) await runner.dropTable(nameOf(runner, name));
  }
}

function nameOf(runner: QueryRunner, name: string): string {
  return `${dataSourceOf(runner.manager).options.entityPrefix ?? ''}${name}`;
}
