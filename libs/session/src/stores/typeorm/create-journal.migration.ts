import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dataSourceOf } from './data-source-of.js';
import { exactInnoDb } from './exact-inno-db.js';

const JOURNAL = 'nhs_journal';
const HEADS = 'nhs_journal_heads';

/** The first tables of the journal, on PostgreSQL, MySQL, MariaDB and SQLite. */
export class CreateJournal1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const engine = await exactInnoDb(runner);
    await runner.createTable(
      new Table({
        name: nameOf(runner, JOURNAL),
        columns: [
          { name: 'slot', type: 'varchar', length: '16', isPrimary: true },
          { name: 'seq', type: 'bigint', isPrimary: true },
          { name: 'operation', type: 'varchar', length: '64' },
          { name: 'asked_at', type: 'bigint' },
          { name: 'until_at', type: 'bigint' },
          { name: 'act', type: 'text' },
        ],
        indices: [
          { name: 'nhs_journal_operations', columnNames: ['operation'], isUnique: true },
          { name: 'nhs_journal_to_prune', columnNames: ['until_at'] },
        ],
        ...engine,
      }),
    );
    await runner.createTable(
      new Table({
        name: nameOf(runner, HEADS),
        columns: [
          { name: 'slot', type: 'varchar', length: '16', isPrimary: true },
          { name: 'head', type: 'bigint' },
          { name: 'settled', type: 'bigint' },
          { name: 'unsettled', type: 'smallint' },
        ],
        indices: [{ name: 'nhs_journal_unsettled', columnNames: ['unsettled'] }],
        ...engine,
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of [HEADS, JOURNAL]) await runner.dropTable(nameOf(runner, name));
  }
}

function nameOf(runner: QueryRunner, name: string): string {
  return `${dataSourceOf(runner.manager).options.entityPrefix ?? ''}${name}`;
}
