import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dataSourceOf } from '../data-source-of.js';
import { exactInnoDb } from '../exact-inno-db.js';

const STREAMS = 'nhs_signal_streams';
const SIGNALS = 'nhs_signals';

const stream = { name: 'stream', type: 'varchar', length: '64', isPrimary: true };
const number = (name: string) => ({ name, type: 'bigint' });

/** The first tables of the signals, on PostgreSQL, MySQL, MariaDB and SQLite. */
export class CreateSignals1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const engine = await exactInnoDb(runner);
    await runner.createTable(
      new Table({ name: nameOf(runner, STREAMS), columns: [stream, number('position'), number('claimed_until')], ...engine }),
    );
    await runner.createTable(
      new Table({
        name: nameOf(runner, SIGNALS),
        columns: [
          stream,
          { ...number('seq'), isPrimary: true },
          { name: 'id', type: 'varchar', length: '32' },
          number('at'),
          number('due_at'),
        ],
        indices: [
          { name: 'nhs_signals_by_id', columnNames: ['stream', 'id'] },
          { name: 'nhs_signals_by_due', columnNames: ['stream', 'due_at', 'seq'] },
        ],
        ...engine,
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of [SIGNALS, STREAMS]) await runner.dropTable(nameOf(runner, name));
  }
}

function nameOf(runner: QueryRunner, name: string): string {
  return `${dataSourceOf(runner.manager).options.entityPrefix ?? ''}${name}`;
}
